-- A lane is what one account owes to one host, "AN:H". Its entries wait in lane:AN:H:PRIORITY as "A INBOX", or "A INBOX N" after
-- N attempts, or "@KEY": the entries that wait behind an order key are free to go.
-- busy:AN:H holds 'n', the number in flight, and for each busy order key "A F D": F entries of activity A in flight, D waiting
-- for a retry. Entries of one activity never wait for each other; those of another activity with that key wait behind it.
local LANE_MAX, HOST_MAX = 4, 16
local DAY = 86400000
local PROBE_FIRST, PROBE_MAX, FAILURES_MAX, BAD_DAYS_MAX = 900000, 21600000, 5, 7

-- What is urgent brings its lane forward among the lanes too, but never without end before those that wait long.
local AHEAD = {['0'] = 3600000, ['1'] = 600000}

local function lane_push(lane, priority, entry, front, now)
  redis.call(front and 'LPUSH' or 'RPUSH', 'lane:' .. lane .. ':' .. priority, entry)
  local ahead = AHEAD[priority]
  if ahead then
    redis.call('ZADD', 'ready', 'LT', tonumber(now) - ahead, lane)
  else
    redis.call('ZADD', 'ready', 'NX', now, lane)
  end
end

-- Whether anything waits in the lane, or in the list `beside` (its own first list: nothing more).
local function lane_waits(lane, beside)
  local name = 'lane:' .. lane .. ':'
  return redis.call('EXISTS', name .. '0', name .. '1', name .. '2', name .. '3', name .. '4', name .. '5', beside or name .. '0') > 0
end

local function key_parse(value)
  if not value then
    return nil
  end
  local activity, flying, delayed = value:match('^(%d+) (%d+) (%d+)$')
  return {activity = activity, flying = tonumber(flying), delayed = tonumber(delayed)}
end

local function key_read(lane, key)
  return key_parse(redis.call('HGET', 'busy:' .. lane, key))
end

-- nil: nothing of it is under way.
local function key_text(state)
  return (state.flying > 0 or state.delayed > 0) and state.activity .. ' ' .. state.flying .. ' ' .. state.delayed or nil
end

-- When nothing of the key is in flight any more, those behind it may go: all of them when nothing waits for a retry either, else
-- only what takes the place of that.
local function key_release(lane, key, state, now)
  local next_one = state.flying == 0 and redis.call('LINDEX', 'behind:' .. lane .. ':' .. key, 0)
  if next_one then
    lane_push(lane, next_one:sub(1, 1), '@' .. key, true, now)
  end
end

local function key_write(lane, key, state, now)
  local text = key_text(state)
  if text then
    redis.call('HSET', 'busy:' .. lane, key, text)
  else
    redis.call('HDEL', 'busy:' .. lane, key)
  end
  key_release(lane, key, state, now)
end

-- Claims are named "AN:H:PRIORITY:N:A:INBOX"; so are delays.
local function claim_read(name)
  local an, host, priority, attempts, activity, inbox = name:match('^(%d+):(%d+):(%d):(%d+):(%d+):(.+)$')
  return {lane = an .. ':' .. host, an = an, host = host, priority = priority, attempts = attempts, activity = activity,
    inbox = inbox}
end

local function flight_end(claim)
  local busy, host = 'busy:' .. claim.lane, 'host:' .. claim.host
  if redis.call('HINCRBY', busy, 'n', -1) <= 0 then
    redis.call('HDEL', busy, 'n')
  end
  if redis.call('HINCRBY', host, 'in_flight', -1) < 0 then
    redis.call('HSET', host, 'in_flight', 0)
  end
end

-- A claim that nobody works on goes back to the front of its lane.
local function claim_return(worker, name, now)
  local claim = claim_read(name)
  if redis.call('HDEL', 'claims:' .. worker, name) == 0 then
    return false
  end
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
  return true
end

-- What waits for a host that was given up: parked lanes, and in tried:H the entries that were tried in vain meanwhile, in turn, so
-- that none of them is the only one by which the host is judged.
local function host_awaited(host)
  return redis.call('EXISTS', 'parked:' .. host, 'tried:' .. host) > 0
end

local function untry(host, count, now)
  local names = redis.call('LPOP', 'tried:' .. host, count) or {}
  for i = #names, 1, -1 do
    local claim = claim_read(names[i])
    lane_push(claim.lane, claim.priority, claim.activity .. ' ' .. claim.inbox .. ' ' .. claim.attempts, true, now)
  end
  return #names
end

-- Parked lanes of a host that may be used again come back by and by.
local function unpark(host, count, now)
  local lanes = redis.call('SPOP', 'parked:' .. host, count)
  for _, lane in ipairs(lanes) do
    redis.call('ZADD', 'ready', 'NX', now, lane)
  end
  return #lanes
end
