-- ARGV: origin now
-- Verified traffic came from a host: one that was given up is probed now, one that was dead is taken for living again.
-- include lanes
-- include revive
local host = redis.call('HGET', 'host_numbers', ARGV[1])
if not host then
  return 0
end
redis.call('HSET', 'host:' .. host, 'seen', ARGV[2])
return host_revive(host, ARGV[2]) and 1 or 0
