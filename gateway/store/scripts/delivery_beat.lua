-- ARGV: worker now limit
-- This worker lives, and says so within 7 s of Redis' own time. Claims of workers that do not go back to the front of their
-- lanes, at most `limit` a call. Returns how many; -1: this worker was taken for dead itself, and goes on under another name: what it
-- held is others' by now, and none of it may be sent.
-- include lanes
local now = ARGV[2]
if redis.call('EXISTS', 'buried:' .. ARGV[1]) == 1 then
  return -1
end
redis.call('SADD', 'workers', ARGV[1])
redis.call('SET', 'worker:' .. ARGV[1], 1, 'PX', 7000)
local reclaimed, limit = 0, tonumber(ARGV[3])

-- When nobody has beaten for a while, it was Redis that was away: the living get time to say that they live. Sooner than the
-- first of them could be taken for dead.
if not redis.call('SET', 'beats', 1, 'PX', 5000, 'GET') then
  redis.call('SET', 'beats_grace', 1, 'PX', 4000)
end
if redis.call('EXISTS', 'beats_grace') == 1 then
  return 0
end

for _, worker in ipairs(redis.call('SMEMBERS', 'workers')) do
  if redis.call('EXISTS', 'worker:' .. worker) == 0 then
    redis.call('SET', 'buried:' .. worker, 1, 'EX', 604800)
    local names = redis.call('HRANDFIELD', 'claims:' .. worker, limit - reclaimed)
    for _, name in ipairs(names) do
      claim_return(worker, name, now)
      reclaimed = reclaimed + 1
    end
    if redis.call('EXISTS', 'claims:' .. worker) == 0 then
      redis.call('SREM', 'workers', worker)
    end
    if reclaimed >= limit then
      break
    end
  end
end
if reclaimed > 0 then
  redis.call('INCRBY', 'counter:reclaimed', reclaimed)
end
return reclaimed
