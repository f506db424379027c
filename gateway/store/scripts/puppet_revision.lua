-- ARGV: key digest actor_id
-- The revision of what the platform shows of a remote author: rises when the digest of it changes. Returns it.
local key = 'puppet:' .. ARGV[1]
if redis.call('HGET', key, 'digest') ~= ARGV[2] then
  redis.call('HSET', key, 'digest', ARGV[2], 'id', ARGV[3])
  return redis.call('HINCRBY', key, 'revision', 1)
end
return tonumber(redis.call('HGET', key, 'revision'))
