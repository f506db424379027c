-- ARGV: aid quote_oid now
-- A permission to quote is void from now on.
local key = 'quote:' .. ARGV[1] .. ':' .. ARGV[2]
redis.call('HDEL', 'quoters:' .. ARGV[1], ARGV[2])
if redis.call('EXISTS', key) == 1 then
  redis.call('HSETNX', key, 'ended', ARGV[3])
end
return 1
