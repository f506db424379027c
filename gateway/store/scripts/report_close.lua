-- ARGV: id now who note
-- Closes an open report. Returns 1; 0 when it is closed already; nothing when there is none.
-- include reports
local key = 'report:' .. ARGV[1]
local known = redis.call('HMGET', key, 'state', 'source', 'same')
if not known[1] then
  return false
end
if known[1] ~= 'open' then
  return 0
end
redis.call('HSET', key, 'state', 'closed', 'closed', ARGV[2], 'closed_by', ARGV[3], 'note', ARGV[4])
redis.call('ZREM', 'reports_open', ARGV[1])
redis.call('ZADD', 'reports_closed', ARGV[2], ARGV[1])
redis.call('DEL', 'report_same:' .. known[3])
if redis.call('HINCRBY', 'reports_open_by', known[2], -1) <= 0 then
  redis.call('HDEL', 'reports_open_by', known[2])
end
reports_expire(tonumber(ARGV[2]))
return 1
