-- ARGV: platform key native wanted revision
-- A puppet lives, and shows this revision of its author. Its wanted name ("" for none) is proven from now on. Returns 1 when it is new.
local platform, native, wanted = ARGV[1], ARGV[3], ARGV[4]
local key = 'puppet_account:' .. platform .. ':' .. ARGV[2]
local known = redis.call('HMGET', key, 'state', 'wanted', 'server')
if not known[1] then
  return 0 -- removed meanwhile
end
if known[2] and known[2] ~= '' and known[2] ~= wanted then
  redis.call('HDEL', 'puppet_names', known[2])
  redis.call('HDEL', key, 'named')
end
if wanted ~= '' then
  redis.call('HSET', 'puppet_names', wanted, native)
end
redis.call('HSET', key, 'state', 'live', 'native', native, 'wanted', wanted, 'revision', ARGV[5])
redis.call('HSET', 'puppets:' .. platform, native, ARGV[2])
if known[1] ~= 'live' then
  redis.call('HINCRBY', 'puppet_servers:' .. platform, known[3], 1)
end
return known[1] == 'live' and 0 or 1
