-- ARGV: hash object_id actor_id platform aid oid parent_hash source now updated dated("1"|"0") limited("1"|"0")
-- Keeps a remote reply (new or edited) and queues its push to the platform. Returns created, updated, stale, gone; or held:
-- it waits for the account's owner; or full: so many wait that this one is not kept.
-- include threads
-- include objects
local hash, actor, platform, aid, oid, now = ARGV[1], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[9]
local key = 'remote_object:' .. hash
local known = redis.call('HMGET', key, 'state', 'updated', 'actor', 'platform', 'aid', 'oid', 'parent')
if known[1] == 'gone' then
  if known[3] == actor then
    return 'gone'
  end
  redis.call('DEL', key) -- somebody else's word about an object that was not theirs
  known = {}
end
if known[1] and known[3] ~= actor then
  return 'stale'
end
local updated, last = tonumber(ARGV[10]), tonumber(known[2] or '0')
if known[1] and ARGV[11] == '0' and updated <= last then
  updated = last + 1 -- it has no time of its own: what comes later is newer
end
if known[1] and updated <= last then
  return 'stale'
end
local parent = ARGV[7]
if known[1] then -- an edit says other words, in the same place: an owner who let it in let it in there
  platform, aid, oid, parent = known[4], known[5], known[6], known[7] or ''
end
local held = object_waits(known[1], aid, actor, ARGV[12] == '1')
if held and known[1] ~= 'held' and redis.call('ZCARD', 'held:' .. aid) >= 1000 then
  return 'full'
end
redis.call('HSET', key, 'state', held and 'held' or 'live', 'id', ARGV[2], 'actor', actor, 'platform', platform, 'aid', aid, 'oid', oid,
  'parent', parent, 'source', ARGV[8], 'updated', string.format('%.0f', updated))
redis.call('HINCRBY', key, 'revision', 1)
if held then
  redis.call('ZADD', 'held:' .. aid, now, hash)
  return 'held'
end
redis.call('XADD', 'work:push:' .. platform, '*', 'chain', hash, 'data', 'object ' .. hash, 'time', now)
if known[1] then
  object_kept_anew(hash, aid, now)
  return 'updated'
end
object_indexed(hash, actor, aid, now)
if aid == '' then
  redis.call('ZADD', 'retentions', 'NX', string.format('%.0f', tonumber(now) + 86400000), aid)
end
if oid ~= '' then
  local place = aid .. ' ' .. oid
  thread_join(redis.call('HGET', 'post:' .. aid .. ':' .. oid, 'root') or place, place, hash, ARGV[10])
end
return 'created'
