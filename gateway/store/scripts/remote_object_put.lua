-- ARGV: hash object_id actor_id platform aid oid parent_hash source now updated
-- Keeps a remote reply (new or edited) and queues its push to the platform. Returns created, updated, stale or gone.
-- include threads
-- include objects
local hash, actor, platform, aid, oid, now, updated = ARGV[1], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[9], ARGV[10]
local key = 'remote_object:' .. hash
local known = redis.call('HMGET', key, 'state', 'updated', 'actor')
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
if known[1] and tonumber(updated) <= tonumber(known[2] or '0') then
  return 'stale'
end
redis.call('HSET', key, 'state', 'live', 'id', ARGV[2], 'actor', actor, 'platform', platform, 'aid', aid, 'oid', oid,
  'parent', ARGV[7], 'source', ARGV[8], 'updated', updated)
redis.call('HINCRBY', key, 'revision', 1)
redis.call('XADD', 'work:push:' .. platform, '*', 'chain', hash, 'data', 'object ' .. hash, 'time', now)
if known[1] then
  return 'updated'
end
object_indexed(hash, actor, aid, now)
if oid ~= '' then
  local place = aid .. ' ' .. oid
  thread_join(redis.call('HGET', 'post:' .. aid .. ':' .. oid, 'root') or place, place, hash, updated)
end
return 'created'
