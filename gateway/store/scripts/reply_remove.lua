-- ARGV: aid hash now
-- The owner wants a reply away, shown or waiting. Returns the platform to be told, or nothing when there is no such reply.
-- include threads
-- include objects
local known = redis.call('HMGET', 'remote_object:' .. ARGV[2], 'state', 'aid')
if (known[1] ~= 'live' and known[1] ~= 'held') or known[2] ~= ARGV[1] then
  return false
end
return object_remove(ARGV[2], ARGV[3])
