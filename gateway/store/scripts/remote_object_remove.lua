-- ARGV: hash actor_id now
-- A tombstone for a remote object: it wins over any late Create for 30 days. Queues the delete on the platform.
-- An object that is not known yet is remembered by (actor, object), so that only its owner's word counts.
-- include threads
-- include objects
local key = 'remote_object:' .. ARGV[1]
local known = redis.call('HMGET', key, 'state', 'actor')
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
object_remove(ARGV[1], ARGV[3])
return 'deleted'
