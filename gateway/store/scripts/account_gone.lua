-- ARGV: aid
-- An account that is gone has no followers. Its key goes now, or with the last Delete that waits for a host to come back.
local key = 'account:' .. ARGV[1]
if redis.call('HGET', key, 'state') ~= 'gone' then
  return 0
end
redis.call('UNLINK', 'followers:' .. ARGV[1], 'audience:' .. ARGV[1], 'audience_count:' .. ARGV[1], 'liked:' .. ARGV[1])
redis.call('HDEL', key, 'followers', 'following', 'next_public_key', 'next_private_key', 'key_sent')
redis.call('ZREM', 'leaves', ARGV[1])
redis.call('ZREM', 'rotations', ARGV[1])
redis.call('ZREM', 'sweeps', ARGV[1])
redis.call('ZREM', 'retentions', ARGV[1])
redis.call('UNLINK', 'kept_home:' .. ARGV[1])
local leave = redis.call('HGET', key, 'leave_sent')
if not leave or redis.call('EXISTS', 'activity:' .. leave) == 0 then
  redis.call('HDEL', key, 'private_key')
end
return 1
