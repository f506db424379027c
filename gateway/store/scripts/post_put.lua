-- ARGV: aid oid native revision published now hold_ms visibility updated source trace
-- Creates or edits a post. Returns created, waits, updated, stale or unseen.
local aid, oid = ARGV[1], ARGV[2]
local key, account = 'post:' .. aid .. ':' .. oid, 'account:' .. aid
local known = redis.call('HMGET', key, 'state', 'revision')
local revision, now, hold = tonumber(ARGV[4]), tonumber(ARGV[6]), tonumber(ARGV[7])
if known[1] == 'gone' then
  return 'stale'
end
if not known[1] then
  redis.call('HSET', 'native_post:' .. redis.call('HGET', account, 'platform'), ARGV[3], aid .. ' ' .. oid)
  local state = hold > 0 and 'held' or 'live'
  redis.call('HSET', key, 'state', state, 'number', redis.call('HINCRBY', account, 'post_number', 1), 'native', ARGV[3],
    'revision', ARGV[4], 'published', ARGV[5], 'visibility', ARGV[8], 'source', ARGV[10])
  if state == 'held' then
    redis.call('HSET', key, 'trace', ARGV[11])
    redis.call('ZADD', 'holds', now + hold, aid .. ':' .. oid)
    return 'waits'
  end
  redis.call('ZADD', 'outbox:' .. aid, ARGV[5], oid)
  redis.call('HINCRBY', account, 'posts', 1)
  return 'created'
end
if revision <= tonumber(known[2]) then
  return 'stale'
end
redis.call('HSET', key, 'revision', ARGV[4], 'visibility', ARGV[8], 'source', ARGV[10])
if known[1] == 'held' then
  redis.call('HSET', key, 'trace', ARGV[11])
  return 'waits'
end
redis.call('HSET', key, 'updated', ARGV[9])
return 'updated'
