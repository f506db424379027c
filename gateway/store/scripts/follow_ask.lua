-- ARGV: aid actor follow_id now
-- A Follow that waits for the owner. Returns 1 when it does, 0 for who follows already. Past 1,000 that wait the newest are not kept:
-- whoever fills it up must not grow it without end.
if redis.call('HEXISTS', 'followers:' .. ARGV[1], ARGV[2]) == 1 then
  return 0
end
local key = 'requests:' .. ARGV[1]
if redis.call('HEXISTS', key, ARGV[2]) == 1 or redis.call('HLEN', key) < 1000 then
  redis.call('HSET', key, ARGV[2], ARGV[4] .. ' ' .. ARGV[3])
end
return 1
