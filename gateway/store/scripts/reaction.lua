-- ARGV: aid oid kind("likes"|"shares"|"emoji"|"votes") actor_hash detail add("1"|"0") value
-- What a remote person did to a post, once each: liked, boosted, reacted (detail: hash of the emoji), voted (detail: '' or the
-- hash of the choice). Who likes and reacts, however often, counts as one like. Returns 1 if it changed anything.
local post, key = 'post:' .. ARGV[1] .. ':' .. ARGV[2], 'reactions:' .. ARGV[1] .. ':' .. ARGV[2]
local kind, actor, add = ARGV[3], ARGV[4], ARGV[6] == '1'
local member, several = kind .. ':' .. actor .. ':' .. ARGV[5], 'count:' .. actor
local REACTIONS_MAX = 20
if redis.call('HGET', post, 'state') ~= 'live' then
  return 0
end
local liked = kind == 'likes' or kind == 'emoji'
if add then
  if liked and tonumber(redis.call('HGET', key, several) or '0') >= REACTIONS_MAX then
    return 0
  end
  if redis.call('HSETNX', key, member, ARGV[7]) == 0 then
    return 0
  end
elseif redis.call('HDEL', key, member) == 0 then
  return 0
end
local step = add and 1 or -1
if liked then
  local count = redis.call('HINCRBY', key, several, step)
  if count <= 0 then
    redis.call('HDEL', key, several)
  end
  if count == (add and 1 or 0) then
    redis.call('HINCRBY', post, 'likes', step)
  end
elseif kind == 'shares' then
  redis.call('HINCRBY', post, 'shares', step)
end
return 1
