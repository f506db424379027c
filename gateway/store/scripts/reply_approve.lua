-- ARGV: aid hash now
-- Shows a reply that waited, and its author's next ones at once where only the first wants approval. Returns the platform to be told, or
-- nothing when no such reply waits.
-- include threads
-- include objects
local aid, hash, now = ARGV[1], ARGV[2], ARGV[3]
local key = 'remote_object:' .. hash
local known = redis.call('HMGET', key, 'state', 'aid', 'oid', 'actor', 'platform', 'updated')
if known[1] ~= 'held' or known[2] ~= aid then
  return false
end
redis.call('HSET', key, 'state', 'live')
redis.call('HINCRBY', key, 'revision', 1)
redis.call('ZREM', 'held:' .. aid, hash)
redis.call('SADD', 'welcome:' .. aid, known[4])
object_indexed(hash, known[4], aid, now)
if known[3] ~= '' then
  local place = aid .. ' ' .. known[3]
  thread_join(redis.call('HGET', 'post:' .. aid .. ':' .. known[3], 'root') or place, place, hash, known[6])
end
redis.call('XADD', 'work:push:' .. known[5], '*', 'chain', hash, 'data', 'object ' .. hash, 'time', now)
return known[5]
