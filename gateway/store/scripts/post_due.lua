-- ARGV: aid oid now
-- A post whose publishing was put off is due: queues it as work.
local aid, oid = ARGV[1], ARGV[2]
local key = 'post:' .. aid .. ':' .. oid
if redis.call('ZREM', 'publish_due', aid .. ':' .. oid) == 0 then
  return 0
end
if redis.call('HGET', key, 'state') == 'live' then
  redis.call('HSET', key, 'tallied', ARGV[3])
  redis.call('XADD', 'work:jobs', '*', 'chain', aid, 'data', 'publish ' .. oid, 'time', ARGV[3], 'trace', '')
end
return 1
