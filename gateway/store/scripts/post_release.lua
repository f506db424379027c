-- ARGV: aid oid now
-- Ends the hold window and queues the publishing. Returns created, or stale when the post is not held. A post whose account
-- is leaving never existed outside; while it is paused, the post waits on.
-- include threads
local aid, oid = ARGV[1], ARGV[2]
local key, account = 'post:' .. aid .. ':' .. oid, 'account:' .. aid
local PAUSED_AGAIN = 60000
redis.call('ZREM', 'holds', aid .. ':' .. oid)
local post = redis.call('HMGET', key, 'state', 'published', 'native', 'trace', 'root', 'parent')
if post[1] ~= 'held' then
  return 'stale'
end
local owner = redis.call('HMGET', account, 'state', 'platform')
if owner[1] == 'leaving' or owner[1] == 'gone' then
  local natives = 'native_post:' .. owner[2]
  if redis.call('HGET', natives, post[3]) == aid .. ' ' .. oid then
    redis.call('HDEL', natives, post[3])
  end
  redis.call('DEL', key)
  return 'stale'
end
if owner[1] == 'paused' then
  redis.call('ZADD', 'holds', string.format('%.0f', tonumber(ARGV[3]) + PAUSED_AGAIN), aid .. ':' .. oid)
  return 'stale'
end
redis.call('HSET', key, 'state', 'live')
redis.call('HDEL', key, 'trace')
redis.call('ZADD', 'outbox:' .. aid, post[2], oid)
redis.call('HINCRBY', account, 'posts', 1)
thread_join(post[5] or '', post[6] or '', aid .. ' ' .. oid, post[2])
redis.call('XADD', 'work:jobs', '*', 'chain', aid, 'data', 'publish ' .. oid, 'time', ARGV[3], 'trace', post[4] or '')
return 'created'
