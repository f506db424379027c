-- ARGV: aid oid("" for the account alone) origin inbox("" unknown) shared("1"|"0") actor reason now new_hosts_max
-- A host may hold a copy for another reason than a delivery. Fetches bring at most new_hosts_max unknown hosts an hour.
-- Returns ok; full; none when there is no such post; owed when the post is deleted and this host was not told.
-- include hosts
-- include exposure
local aid, oid, reason, now = ARGV[1], ARGV[2], ARGV[7], ARGV[8]
local an = redis.call('HGET', 'account:' .. aid, 'number')
local post = oid ~= '' and redis.call('HMGET', 'post:' .. aid .. ':' .. oid, 'number', 'state') or {false, false}
if not an or (oid ~= '' and (not post[1] or post[2] == 'held')) then
  return 'none'
end
if reason == 'f' and not redis.call('HGET', 'host_numbers', ARGV[3]) then
  local hour = 'fetch_hosts:' .. math.floor(tonumber(now) / 3600000)
  if redis.call('INCR', hour) > tonumber(ARGV[9]) then
    return 'full'
  end
  redis.call('EXPIRE', hour, 7200)
end
local host = host_number(ARGV[3])
if ARGV[4] ~= '' then
  inbox_met(host, ARGV[4], ARGV[5] == '1', ARGV[6])
end
account_expose(an, host)
if oid == '' then
  return 'ok'
end
if post[2] == 'gone' then
  local told = redis.call('HGET', 'delete_state:' .. an .. ':' .. post[1], host)
  local unaddressed = told and told:sub(1, 1) == 'n' and ARGV[4] ~= ''
  if (told and not unaddressed) or redis.call('HEXISTS', 'account:' .. aid, 'private_key') == 0 then
    return 'ok'
  end
  expose(an, post[1], host)
  expose_why(an, post[1], host, reason)
  return 'owed'
end
expose(an, post[1], host)
expose_why(an, post[1], host, reason)
redis.call('SADD', 'compactions', an .. ':' .. post[1])
return 'ok'
