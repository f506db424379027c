-- ARGV: worker now limit
-- This worker lives, and says so within 8 s of Redis' own time. Claims of workers that do not go back to the front of their lanes, at most `limit` a call.
-- Returns how many.
-- include lanes
local now = ARGV[2]
redis.call('SADD', 'workers', ARGV[1])
redis.call('SET', 'worker:' .. ARGV[1], 1, 'PX', 8000)
local reclaimed, limit = 0, tonumber(ARGV[3])

-- When nobody has beaten for so long, it was Redis that was away: the living get time to say that they live.
if not redis.call('SET', 'beats', 1, 'PX', 8000, 'GET') then
  redis.call('SET', 'beats_grace', 1, 'PX', 4000)
end
if redis.call('EXISTS', 'beats_grace') == 1 then
  return 0
end

local function reclaim(worker, name)
  local claim = claim_read(name)
  redis.call('HDEL', 'claims:' .. worker, name)
  flight_end(claim)
  if redis.call('HGET', 'host:' .. claim.host, 'probe') == name then
    redis.call('HDEL', 'host:' .. claim.host, 'probe')
  end
  local key = redis.call('HGET', 'activity:' .. claim.activity, 'key')
  local state = key and key_read(claim.lane, key)
  if state and state.activity == claim.activity then
    state.flying, state.delayed = state.flying - 1, state.delayed + 1
    key_write(claim.lane, key, state, now)
  end
  if key then
    lane_push(claim.lane, claim.priority, claim.activity .. ' ' .. claim.inbox .. ' ' .. claim.attempts, true, now)
  end
  reclaimed = reclaimed + 1
end

for _, worker in ipairs(redis.call('SMEMBERS', 'workers')) do
  if redis.call('EXISTS', 'worker:' .. worker) == 0 then
    local names = redis.call('HRANDFIELD', 'claims:' .. worker, limit - reclaimed)
    for _, name in ipairs(names) do
      reclaim(worker, name)
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
