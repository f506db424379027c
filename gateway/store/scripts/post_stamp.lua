-- ARGV: aid oid stamp stamp_hash now
-- The answer to a QuoteRequest of ours: the URL of the permission, '' when it was refused or taken back. What waits for it goes
-- out now; what is out already is told anew. Returns 1 if it changed anything.
local aid, oid, stamp = ARGV[1], ARGV[2], ARGV[3]
local key = 'post:' .. aid .. ':' .. oid
local post = redis.call('HMGET', key, 'state', 'stamp', 'sent', 'asked')
if post[1] ~= 'live' or not post[4] then
  return 0
end
local waits = redis.call('ZREM', 'publish_due', aid .. ':' .. oid) == 1
local changed = (post[2] or '') ~= stamp
if changed and stamp ~= '' then
  redis.call('HSET', key, 'stamp', stamp)
  redis.call('SET', 'stamp:' .. ARGV[4], aid .. ' ' .. oid)
elseif changed then
  redis.call('HDEL', key, 'stamp')
end
if changed and tonumber(post[3] or '0') > 0 then
  redis.call('HINCRBY', key, 'resend', 1)
end
if changed or waits then
  redis.call('XADD', 'work:jobs', '*', 'chain', aid, 'data', 'publish ' .. oid, 'time', ARGV[5], 'trace', '')
  return 1
end
return 0
