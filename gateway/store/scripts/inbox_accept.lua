-- ARGV: deduplication_hash work_name chain body now trace
-- Keeps a verified activity for processing, once in seven days. Returns {its entry's id, the id of the entry that was queued
-- before it ('' when that is not known)}, 0 when it is not new.
if not redis.call('SET', 'inbox_seen:' .. ARGV[1], 1, 'NX', 'EX', 604800) then
  return 0
end
local id = redis.call('XADD', 'work:' .. ARGV[2], '*', 'chain', ARGV[3], 'data', ARGV[4], 'time', ARGV[5], 'trace', ARGV[6])
return {id, redis.call('GETSET', 'work_last:' .. ARGV[2], id) or ''}
