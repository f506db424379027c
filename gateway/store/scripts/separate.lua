-- ARGV: aid who subject now put("1"|"0") max
-- Keeps or takes back that an account and a person or a server have nothing to do with each other; aid '': a person and all of
-- ours, `who` is why. Returns 1 when that is news, -1 when there is no room.
local aid, who, subject = ARGV[1], ARGV[2], ARGV[3]
if aid == '' then
  local key = 'refuses:' .. subject
  if ARGV[5] == '1' then
    return redis.call('HSETNX', key, who, ARGV[4])
  end
  return redis.call('HDEL', key, who)
end
if ARGV[5] == '1' then
  -- Strangers have one half of the room, so that they cannot shut the owner out of it.
  local full = redis.call('HLEN', 'blocks:' .. aid) >= tonumber(ARGV[6]) / (who == 'them' and 2 or 1)
  if full and redis.call('HEXISTS', 'blocks:' .. aid, who .. ' ' .. subject) == 0 then
    return -1
  end
  return redis.call('HSETNX', 'blocks:' .. aid, who .. ' ' .. subject, ARGV[4])
end
return redis.call('HDEL', 'blocks:' .. aid, who .. ' ' .. subject)
