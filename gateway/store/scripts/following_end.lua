-- ARGV: aid actor actor_hash now
-- Forgets a follow, or the request for one.
-- include following
local known = following_read(ARGV[1], ARGV[2])
if not known then
  redis.call('SREM', 'followed_by:' .. ARGV[3], ARGV[1])
  return 0
end
following_write(ARGV[1], ARGV[2], ARGV[3], known, nil, ARGV[4])
return 1
