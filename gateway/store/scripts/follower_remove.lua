-- ARGV: aid actor actor_hash
-- Returns 1 when it was a follower.
-- include hosts
-- include audience
redis.call('HDEL', 'requests:' .. ARGV[1], ARGV[2])
if not follower_leave(ARGV[1], ARGV[2]) then
  return 0
end
following_change(ARGV[3], redis.call('HGET', 'account:' .. ARGV[1], 'number'), false)
return 1
