-- ARGV: aid actor actor_hash follow_id origin inbox shared("1"|"0") [now]
-- Keeps a follower, or what is new about it: another Follow id, another inbox. Returns 1 for a new one, 0 for a known one,
-- -1 when the account takes no followers.
-- include hosts
-- include audience
-- include exposure
-- include follows
local aid, actor, follow = ARGV[1], ARGV[2], ARGV[4]
local account = redis.call('HMGET', 'account:' .. aid, 'state', 'number')
if account[1] ~= 'on' then
  return -1
end
local host = host_number(ARGV[5])
if ARGV[8] then
  redis.call('HSETNX', 'host:' .. host, 'seen', ARGV[8]) -- its Follow came when the host was not known yet
end
local inbox = inbox_number(host, ARGV[6], actor)
inbox_met(host, ARGV[6], ARGV[7] == '1', actor)
account_expose(account[2], host)
follow = follow_short(ARGV[5], follow)
local known = redis.call('HGET', 'followers:' .. aid, actor)
local since = follow_since(known) or ARGV[8] and since_of(ARGV[8])
redis.call('HSET', 'followers:' .. aid, actor, inbox .. ' ' .. follow .. (since and ' ' .. since or ''))
redis.call('HDEL', 'requests:' .. aid, actor)
if known then
  local before = known:match('^%d+')
  if before ~= inbox then
    audience_leave(aid, before)
    audience_join(aid, host, inbox)
  end
  return 0
end
audience_join(aid, host, inbox)
following_change(ARGV[3], account[2], true)
redis.call('HINCRBY', 'account:' .. aid, 'followers', 1)
return 1
