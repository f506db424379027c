-- ARGV: minute, then name amount …
-- Adds a worker's counts to the series and to the totals, and looks at the queues when nobody did in this minute.
-- include health
local key = 'health:' .. ARGV[1]
for i = 2, #ARGV - 1, 2 do
  redis.call('HINCRBY', key, ARGV[i], ARGV[i + 1])
  redis.call('HINCRBY', 'health_totals', ARGV[i], ARGV[i + 1])
end
if redis.call('HSETNX', key, 'sampled', 1) == 1 then
  local _, queue = health_lanes()
  redis.call('HSET', key, 'queue', queue, 'inbox', health_inbox())
  redis.call('EXPIRE', key, 90000)
end
return 1
