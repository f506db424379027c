-- ARGV: aid oid
-- Ends the hold window. Returns created, or stale when the post is not held.
local aid, oid = ARGV[1], ARGV[2]
local key = 'post:' .. aid .. ':' .. oid
redis.call('ZREM', 'holds', aid .. ':' .. oid)
local post = redis.call('HMGET', key, 'state', 'published')
if post[1] ~= 'held' then
  return 'stale'
end
redis.call('HSET', key, 'state', 'live')
redis.call('ZADD', 'outbox:' .. aid, post[2], oid)
redis.call('HINCRBY', 'account:' .. aid, 'posts', 1)
return 'created'
