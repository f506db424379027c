-- ARGV: aid oid native revision published now hold_ms visibility updated source trace parent_native parent_hash boost
--       boost_author requoted("1"|"0") queue entry only_new("1"|"0")
--       account_stamp
-- Creates or edits a post. `updated` 0: only the counts of its poll changed; -1: only what nobody is told. `boost`: it is an
-- Announce of that object. `requoted`: it quotes something else than before, for which nobody was asked yet.
-- `entry` in `queue` says so ('' for none): when it is gone, somebody else has done it, and perhaps the Delete that came after it.
-- `only_new`: nothing is done to what is stored already, or was. `account_stamp` ('' for none): nor unless the account is still
-- the same and the queue holds nothing but the entry of this trace.
-- Returns created, waits, updated, counted, stale, unseen or known.
-- include threads
-- include account_stamp
local aid, oid = ARGV[1], ARGV[2]
local key, account = 'post:' .. aid .. ':' .. oid, 'account:' .. aid
local known = redis.call('HMGET', key, 'state', 'revision', 'tallied', 'sent')
local revision, now, hold = tonumber(ARGV[4]), tonumber(ARGV[6]), tonumber(ARGV[7])
local TALLY_FIRST, TALLY_EVERY = 2000, 180000
if known[1] and ARGV[19] == '1' then
  return 'known'
end
if (ARGV[20] or '') ~= '' and not (is_alone(ARGV[17], ARGV[11]) and account_stamp(account) == ARGV[20]) then
  return 'known'
end
if known[1] == 'gone' then
  return 'stale'
end
if not known[1] and (ARGV[18] or '') ~= '' and #redis.call('XRANGE', ARGV[17], ARGV[18], ARGV[18]) == 0 then
  return 'stale'
end
if not known[1] then
  local platform = redis.call('HGET', account, 'platform')
  local root, parent = thread_place(platform, ARGV[12] or '', ARGV[13] or '')
  redis.call('HSET', 'native_post:' .. platform, ARGV[3], aid .. ' ' .. oid)
  local state = hold > 0 and 'held' or 'live'
  redis.call('HSET', key, 'state', state, 'number', redis.call('HINCRBY', account, 'post_number', 1), 'native', ARGV[3],
    'revision', ARGV[4], 'published', ARGV[5], 'visibility', ARGV[8], 'source', ARGV[10])
  if root ~= '' then
    redis.call('HSET', key, 'root', root, 'parent', parent)
  end
  if (ARGV[14] or '') ~= '' then
    redis.call('HSET', key, 'boost', ARGV[14], 'boost_author', ARGV[15])
  end
  if state == 'held' then
    redis.call('HSET', key, 'trace', ARGV[11])
    redis.call('ZADD', 'holds', now + hold, aid .. ':' .. oid)
    return 'waits'
  end
  redis.call('ZADD', 'outbox:' .. aid, ARGV[5], oid)
  redis.call('HINCRBY', account, 'posts', 1)
  thread_join(root, parent, aid .. ' ' .. oid, ARGV[5])
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
if ARGV[9] == '-1' then
  if known[4] == known[2] then
    redis.call('HSET', key, 'sent', ARGV[4])
  end
  return 'stale'
end
if ARGV[9] == '0' then
  -- Soon after the first change, and then every few minutes: what a poll says changes with each vote.
  local due = math.max(now + TALLY_FIRST, tonumber(known[3] or '0') + TALLY_EVERY)
  redis.call('ZADD', 'publish_due', 'NX', string.format('%.0f', due), aid .. ':' .. oid)
  return 'counted'
end
redis.call('HSET', key, 'updated', ARGV[9])
if ARGV[16] == '1' then
  redis.call('HDEL', key, 'asked', 'stamp')
end
return 'updated'
