-- ARGV: aid public_key private_key_sealed
-- The key that an account will sign with; the one that it signs with now tells of it first. Returns 1, 0 when one waits already
-- or the account is not on.
local key = 'account:' .. ARGV[1]
local account = redis.call('HMGET', key, 'state', 'next_private_key')
if account[1] ~= 'on' or account[2] then
  return 0
end
redis.call('HSET', key, 'next_public_key', ARGV[2], 'next_private_key', ARGV[3])
redis.call('HDEL', key, 'key_sent')
return 1
