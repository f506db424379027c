-- ARGV: id state why now
-- What became of a report that was handed on; one that is gone stays so.
local key = 'report:' .. ARGV[1]
if redis.call('EXISTS', key) == 1 then
  redis.call('HSET', key, 'passed', ARGV[2], 'passed_why', ARGV[3], 'passed_at', ARGV[4])
end
return 1
