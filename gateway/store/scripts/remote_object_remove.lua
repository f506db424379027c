-- ARGV: hash actor_id now push_chain
-- A tombstone for a remote object: it wins over any late Create for 30 days. Queues the delete on the platform.
-- An object that is not known yet is remembered by (actor, object), so that only its owner's word counts.
-- include threads
local key = 'remote_object:' .. ARGV[1]
local known = redis.call('HMGET', key, 'state', 'actor', 'platform', 'aid', 'oid')
if not known[1] then
  redis.call('HSET', key, 'state', 'gone', 'actor', ARGV[2], 'deleted', ARGV[3])
  redis.call('EXPIRE', key, 2592000)
  return 'unseen'
end
if known[2] ~= ARGV[2] then
  return 'foreign'
end
if known[1] == 'gone' then
  return 'stale'
end
redis.call('HSET', key, 'state', 'gone', 'deleted', ARGV[3])
redis.call('HDEL', key, 'source')
redis.call('HINCRBY', key, 'revision', 1)
if (known[5] or '') ~= '' then
  local place = known[4] .. ' ' .. known[5]
  thread_leave(redis.call('HGET', 'post:' .. known[4] .. ':' .. known[5], 'root') or place, place, ARGV[1])
end
redis.call('XADD', 'work:push:' .. known[3], '*', 'chain', ARGV[4], 'data', 'object ' .. ARGV[1], 'time', ARGV[3])
return 'deleted'
