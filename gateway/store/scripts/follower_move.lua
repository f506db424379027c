-- ARGV: aid old old_hash new new_hash follow_id origin inbox shared("1"|"0") day
-- A follower goes on under another name, since when it was. At most 1,000 a day for one account: beyond that, who moved follows
-- again by itself. Returns 1 when it was carried over.
-- include hosts
-- include audience
-- include exposure
-- include follows
local aid, old, new = ARGV[1], ARGV[2], ARGV[4]
local account = redis.call('HMGET', 'account:' .. aid, 'state', 'number')
local kept = redis.call('HGET', 'followers:' .. aid, old)
if account[1] ~= 'on' or not kept then
  return 0
end
local moves = 'follower_moves:' .. aid .. ':' .. ARGV[10]
if redis.call('INCR', moves) > 1000 then
  return 0
end
redis.call('EXPIRE', moves, 172800)
follower_leave(aid, old)
following_change(ARGV[3], account[2], false)
if redis.call('HEXISTS', 'followers:' .. aid, new) == 1 then
  return 1
end
local host = host_number(ARGV[7])
local inbox = inbox_number(host, ARGV[8], new)
inbox_met(host, ARGV[8], ARGV[9] == '1', new)
account_expose(account[2], host)
local since = follow_since(kept)
redis.call('HSET', 'followers:' .. aid, new, inbox .. ' ' .. follow_short(ARGV[7], ARGV[6]) .. (since and ' ' .. since or ''))
audience_join(aid, host, inbox)
following_change(ARGV[5], account[2], true)
redis.call('HINCRBY', 'account:' .. aid, 'followers', 1)
return 1
