-- ARGV: origin now
-- Verified traffic came from a host: one that was given up is probed now, one that was dead is taken for living again.
-- include lanes
local host = redis.call('HGET', 'host_numbers', ARGV[1])
if not host then
  return 0
end
local key = 'host:' .. host
local state = redis.call('HGET', key, 'state')
redis.call('HSET', key, 'seen', ARGV[2])
if state ~= 'open' and state ~= 'dead' then
  return 0
end
if state == 'dead' then
  redis.call('HSET', key, 'state', 'open', 'bad_days', '0')
  redis.call('HDEL', key, 'probe_wait', 'last_bad_day', 'expiry')
  redis.call('ZREM', 'dead_hosts', host)
end
redis.call('HSET', key, 'open_until', ARGV[2])
if host_awaited(host) then
  redis.call('ZADD', 'probes', ARGV[2], host)
end
return 1
