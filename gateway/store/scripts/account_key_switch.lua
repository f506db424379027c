-- ARGV: aid
-- From now on the account signs with its next key, which those who know it were told. Returns 1, 0 when there is none.
local key = 'account:' .. ARGV[1]
redis.call('ZREM', 'rotations', ARGV[1])
local account = redis.call('HMGET', key, 'state', 'next_public_key', 'next_private_key')
redis.call('HDEL', key, 'next_public_key', 'next_private_key', 'key_sent')
if account[1] == 'gone' or not account[3] then
  return 0
end
redis.call('HSET', key, 'public_key', account[2], 'private_key', account[3])
redis.call('HINCRBY', key, 'key_generation', 1)
return 1
