-- ARGV: aid platform native host name name_on_collision public_key private_key_sealed now hold_ms source
-- Mints the record of an account whose owner switched federation on, unless one lives already. Returns {aid, created}.
local aid, platform, native, host = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local living = redis.call('HGET', 'native:' .. platform, native)
if living and redis.call('HGET', 'account:' .. living, 'state') ~= 'gone' then
  return {living, 0}
end
local name = ARGV[5]
if redis.call('HSETNX', 'name:' .. host, name, aid) == 0 then
  name = ARGV[6]
  redis.call('HSET', 'name:' .. host, name, aid)
end
local number = redis.call('INCR', 'sequence:account')
redis.call('HSET', 'account:' .. aid, 'number', number, 'platform', platform, 'native', native, 'host', host,
  'name', name, 'state', 'on', 'state_since', ARGV[9], 'created', ARGV[9], 'public_key', ARGV[7],
  'private_key', ARGV[8], 'hold', ARGV[10], 'source', ARGV[11])
redis.call('HSET', 'account_numbers', number, aid)
redis.call('ZADD', 'sweeps', tonumber(ARGV[9]) + 86400000, aid)
redis.call('HSET', 'native:' .. platform, native, aid)
redis.call('SADD', 'accounts:' .. platform, aid)
redis.call('SADD', 'present:' .. platform, aid)
return {aid, 1}
