-- ARGV: worker
-- A worker that has nothing in flight ends. What it might still hold is given back by the next beat of another.
redis.call('DEL', 'worker:' .. ARGV[1])
if redis.call('EXISTS', 'claims:' .. ARGV[1]) == 0 then
  redis.call('SREM', 'workers', ARGV[1])
end
return 1
