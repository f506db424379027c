-- ARGV: actor_hash now
-- An actor's server says 404. Returns on how many days it did, at least 24 hours apart, within 30 days.
local key, now = 'actor_missing:' .. ARGV[1], tonumber(ARGV[2])
local last = tonumber(redis.call('HGET', key, 'last') or '0')
if now - last >= 86400000 then
  redis.call('HSET', key, 'last', ARGV[2])
  redis.call('HINCRBY', key, 'days', 1)
  redis.call('EXPIRE', key, 2592000)
end
return tonumber(redis.call('HGET', key, 'days'))
