-- ARGV: host name
-- Lets another account have the name of one that is gone. Returns its aid; nothing when nobody has the name, "" when it lives.
local names = 'name:' .. ARGV[1]
local aid = redis.call('HGET', names, ARGV[2])
if not aid then
  return false
end
if redis.call('HGET', 'account:' .. aid, 'state') ~= 'gone' then
  return ''
end
redis.call('HDEL', names, ARGV[2])
return aid
