-- ARGV: origin now
-- The operator has a host tried again now. Returns 1; 0 when it was not given up; nothing when it was never met.
-- include lanes
-- include revive
local host = redis.call('HGET', 'host_numbers', ARGV[1])
if not host then
  return false
end
return host_revive(host, ARGV[2]) and 1 or 0
