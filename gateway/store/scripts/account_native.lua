-- ARGV: platform native whole("1"|"0")
-- The account that is or was that one of the platform: its AID and its fields, name and value in turn; not `whole`: its AID and
-- state. Nothing when there is none, or it is gone for good.
local aid = redis.call('HGET', 'native:' .. ARGV[1], ARGV[2])
if not aid then
  return {}
end
local account = 'account:' .. aid
local state = redis.call('HGET', account, 'state') or ''
if state == 'gone' then
  return {}
end
return {aid, ARGV[3] == '1' and redis.call('HGETALL', account) or state}
