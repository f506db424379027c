-- ARGV: aid oid quote_oid quoting actor request now
-- Permits a post of somebody else to quote one of ours. Returns given, or gone when ours is not live.
local aid, oid, quote = ARGV[1], ARGV[2], ARGV[3]
if redis.call('HGET', 'post:' .. aid .. ':' .. oid, 'state') ~= 'live' then
  return 'gone'
end
redis.call('HSET', 'quote:' .. aid .. ':' .. quote, 'oid', oid, 'quoting', ARGV[4], 'actor', ARGV[5], 'request', ARGV[6],
  'given', ARGV[7])
redis.call('HDEL', 'quote:' .. aid .. ':' .. quote, 'ended')
redis.call('HSET', 'quoters:' .. aid, quote, ARGV[5])
redis.call('SADD', 'quotes:' .. aid .. ':' .. oid, quote)
return 'given'
