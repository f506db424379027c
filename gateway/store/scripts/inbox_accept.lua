-- ARGV: deduplication_hash work_name chain body now trace
-- Keeps a verified activity for processing, once in seven days. Returns the entry's id, 0 when it is not new.
if not redis.call('SET', 'inbox_seen:' .. ARGV[1], 1, 'NX', 'EX', 604800) then
  return 0
end
return redis.call('XADD', 'work:' .. ARGV[2], '*', 'chain', ARGV[3], 'data', ARGV[4], 'time', ARGV[5], 'trace', ARGV[6])
