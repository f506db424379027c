-- ARGV: aid oid now queue("1"|"0")
-- A live post becomes a tombstone; a held one never existed. With `queue` its Delete is queued as work here, else the caller
-- owes it. Returns deleted, unseen or stale (a tombstone already).
-- include threads
local LEDGER_KEPT = 15552000000 -- 180 days
local aid, oid = ARGV[1], ARGV[2]
local key = 'post:' .. aid .. ':' .. oid
local state = redis.call('HGET', key, 'state')
if not state then
  return 'unseen'
end
if state == 'gone' then
  return 'stale'
end
local native, natives = redis.call('HGET', key, 'native'), 'native_post:' .. redis.call('HGET', 'account:' .. aid, 'platform')
if redis.call('HGET', natives, native) == aid .. ' ' .. oid then
  redis.call('HDEL', natives, native)
end
if state == 'held' then
  redis.call('ZREM', 'holds', aid .. ':' .. oid)
  redis.call('DEL', key)
  return 'unseen'
end
redis.call('HSET', key, 'state', 'gone', 'deleted', ARGV[3])
local graves = 'deleted:' .. aid -- for its owner, as long as the ledger knows of the Delete
redis.call('ZADD', graves, ARGV[3], oid)
redis.call('ZREMRANGEBYSCORE', graves, '-inf', string.format('%.0f', tonumber(ARGV[3]) - LEDGER_KEPT))
redis.call('PEXPIRE', graves, LEDGER_KEPT)
local thread = redis.call('HMGET', key, 'root', 'parent')
thread_leave(thread[1] or '', thread[2] or '', aid .. ' ' .. oid)
redis.call('HDEL', key, 'source', 'updated', 'visibility', 'loss', 'tallied', 'resend', 'resent', 'stamp', 'asked')
redis.call('ZREM', 'publish_due', aid .. ':' .. oid)
redis.call('ZREM', 'outbox:' .. aid, oid)
redis.call('HINCRBY', 'account:' .. aid, 'posts', -1)
redis.call('DEL', 'reactions:' .. aid .. ':' .. oid)
if ARGV[4] == '1' then
  redis.call('XADD', 'work:jobs', '*', 'chain', aid, 'data', 'delete ' .. oid, 'time', ARGV[3], 'trace', '')
end
return 'deleted'
