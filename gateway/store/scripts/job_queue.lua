-- ARGV: kind aid now trace
-- Queues a job unless one of that kind waits for that account. Returns 1 if it was queued.
if redis.call('SADD', 'jobs_waiting', ARGV[1] .. ' ' .. ARGV[2]) == 0 then
  return 0
end
redis.call('XADD', 'work:jobs', '*', 'chain', ARGV[2], 'data', ARGV[1], 'time', ARGV[3], 'trace', ARGV[4])
return 1
