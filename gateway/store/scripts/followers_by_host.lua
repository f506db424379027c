-- ARGV: aid
-- The servers on which an account has followers: for each its origin, how many, the last time it accepted anything (ms), and how many
-- Deletes wait for it in its lane.
local counts = redis.call('HGETALL', 'audience_count:' .. ARGV[1])
local number = redis.call('HGET', 'account:' .. ARGV[1], 'number') or ''
local sums, order = {}, {}
for i = 1, #counts, 2 do
  local host = (redis.call('HGET', 'inboxes', counts[i]) or ''):match('^%d+')
  if host then
    if not sums[host] then
      sums[host] = 0
      order[#order + 1] = host
    end
    sums[host] = sums[host] + tonumber(counts[i + 1])
  end
end
local out = {}
for _, host in ipairs(order) do
  local known = redis.call('HMGET', 'host:' .. host, 'origin', 'last_ok')
  out[#out + 1] = known[1] or ''
  out[#out + 1] = sums[host]
  out[#out + 1] = known[2] or ''
  out[#out + 1] = redis.call('LLEN', 'lane:' .. number .. ':' .. host .. ':0')
end
return out
