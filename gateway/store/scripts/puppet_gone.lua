-- ARGV: platform key hidden("1"|"0")
-- A puppet is gone, or (hidden) was emptied and deactivated: its password is kept, should the person come back. Its name is proven no more.
local key = 'puppet_account:' .. ARGV[1] .. ':' .. ARGV[2]
local known = redis.call('HMGET', key, 'native', 'wanted', 'state', 'server')
if known[1] then
  redis.call('HDEL', 'puppets:' .. ARGV[1], known[1])
end
if known[2] and known[2] ~= '' then
  redis.call('HDEL', 'puppet_names', known[2])
end
if known[3] == 'live' and redis.call('HINCRBY', 'puppet_servers:' .. ARGV[1], known[4], -1) <= 0 then
  redis.call('HDEL', 'puppet_servers:' .. ARGV[1], known[4])
end
if ARGV[3] == '1' then
  redis.call('HSET', key, 'state', 'hidden')
  redis.call('HDEL', key, 'revision')
else
  redis.call('DEL', key)
end
return 1
