-- ARGV: now count, then count times: worker claim outcome(ok|drop|retry|host) health(good|bad|none) code reason due pause_until
--       scheme
-- What came of claims. `retry`: this entry again at `due`; `host`: the host did not answer, this attempt does not count. With a
-- host that is given up for now the entry waits as long as that, else until `due`. `pause_until`: nothing for this host before
-- that time (0: none). `scheme`: what to remember of the signatures that the host takes ("": nothing new, "-": forget).
-- Returns how many of the claims were still the worker's: what was not, somebody else sends again.
-- include evidence
-- include activities
-- include lanes
local now_text, now = ARGV[1], tonumber(ARGV[1])
local name, claim, host -- the claim in hand, what its name says, the key of its host
local code, reason, pause
local probe_at -- when what waits for the host is looked at again
local ended, endings = {}, {} -- activities, and how many of their entries are done with

local function host_good(state, in_flight)
  redis.call('HSET', host, 'last_ok', now_text, 'last_code', code, 'in_flight', in_flight)
  if not state then
    return
  end
  redis.call('HDEL', host, 'state', 'failures', 'down_since', 'open_until', 'probe_wait', 'bad_days', 'last_bad_day', 'probe',
    'unsure', 'expiry')
  if state ~= 'failing' then
    redis.call('ZREM', 'dead_hosts', claim.host)
    redis.call('SADD', 'unparking', claim.host)
    redis.call('ZREM', 'probes', claim.host)
  end
end

local function host_bad()
  local v = redis.call('HMGET', host, 'state', 'failures', 'probe_wait', 'bad_days', 'last_bad_day', 'probe', 'down_since')
  local state, failures, days = v[1], tonumber(v[2] or '0') + 1, tonumber(v[4] or '0')
  local day = tostring(math.floor(now / DAY))
  redis.call('HSET', host, 'failures', failures, 'last_code', code, 'last_reason', reason, 'down_since', v[7] or now_text)
  if v[5] ~= day then
    days = days + 1
    redis.call('HSET', host, 'bad_days', days, 'last_bad_day', day)
  end
  local wait
  if state == 'open' or state == 'dead' then
    if v[6] ~= name then
      return -- it left before the host was given up
    end
    wait = math.min(tonumber(v[3] or PROBE_FIRST) * 2, PROBE_MAX)
  elseif failures >= FAILURES_MAX then
    wait, state = PROBE_FIRST, 'open'
  else
    redis.call('HSET', host, 'state', 'failing')
    return
  end
  if days >= BAD_DAYS_MAX then
    state, wait = 'dead', PROBE_MAX
    redis.call('ZADD', 'dead_hosts', 'NX', now_text, claim.host)
  end
  probe_at = math.max(now + wait, tonumber(pause)) -- it may have said itself when to come again
  redis.call('HDEL', host, 'probe', 'unsure')
  redis.call('HSET', host, 'state', state, 'probe_wait', string.format('%.0f', wait), 'open_until',
    string.format('%.0f', probe_at))
end

-- The probe told nothing of the host (perhaps one activity that it never takes): another one soon. If that tells nothing either,
-- it is the host.
local function host_unsure()
  local v = redis.call('HMGET', host, 'state', 'probe', 'unsure')
  if (v[1] ~= 'open' and v[1] ~= 'dead') or v[2] ~= name then
    return
  end
  if v[3] then
    host_bad()
    return
  end
  redis.call('HDEL', host, 'probe')
  redis.call('HSET', host, 'open_until', now + 60000, 'unsure', '1')
  probe_at = now + 60000
end

local function entry_ended(activity)
  local count = endings[activity]
  if not count then
    ended[#ended + 1] = activity
  end
  endings[activity] = (count or 0) + 1
end

-- One fewer in flight in the lane, and of the order key the state that holds now (nil: as it was).
local function lane_write(flying, key, state)
  local busy, text = 'busy:' .. claim.lane, state and key_text(state)
  if flying > 0 and text then
    redis.call('HSET', busy, 'n', flying, key, text)
    return
  end
  if flying > 0 or text then
    redis.call('HSET', busy, flying > 0 and 'n' or key, flying > 0 and flying or text)
  end
  if flying <= 0 or (state and not text) then
    redis.call('HDEL', busy, flying <= 0 and 'n' or key, state and not text and key or 'n')
  end
end

-- What waited behind the claim, in its lane or for its host, goes on.
local function go_on(key, state)
  if lane_waits(claim.lane, state and 'behind:' .. claim.lane .. ':' .. key) then
    if state then
      key_release(claim.lane, key, state, now_text)
    end
    if lane_waits(claim.lane) then
      redis.call('ZADD', 'ready', 'NX', now_text, claim.lane)
    end
  end
  if not host_awaited(claim.host) then
    return
  end
  if probe_at then
    redis.call('ZADD', 'probes', probe_at, claim.host)
  end
  local after = redis.call('HMGET', host, 'state', 'pause_until')
  if after[1] ~= 'open' and after[1] ~= 'dead' and tonumber(after[2] or '0') <= now then
    unpark(claim.host, 2, now_text)
    untry(claim.host, 2, now_text)
  end
end

-- Not delivered: again at `due`, or when the host is back.
local function again(outcome, due)
  local v = redis.call('HMGET', host, 'state', 'open_until')
  local attempts = tonumber(claim.attempts) + (outcome == 'retry' and 1 or 0)
  local entry = claim.lane .. ':' .. claim.priority .. ':' .. attempts .. ':' .. claim.activity .. ':' .. claim.inbox
  if v[1] == 'open' or v[1] == 'dead' then
    redis.call('RPUSH', 'tried:' .. claim.host, entry)
    redis.call('ZADD', 'probes', 'NX', v[2] or now_text, claim.host)
  else
    redis.call('ZADD', 'delays', due, entry)
  end
end

local function judge_host(health, scheme)
  local known = redis.call('HMGET', host, 'state', 'in_flight')
  local in_flight = math.max(tonumber(known[2] or '0') - 1, 0)
  if health == 'good' then
    host_good(known[1], in_flight)
  else
    redis.call('HSET', host, 'in_flight', in_flight)
    if health == 'bad' then
      host_bad()
    else
      host_unsure()
    end
  end
  if pause ~= '0' then
    redis.call('HSET', host, 'pause_until', pause)
  end
  if scheme == '-' then
    redis.call('HDEL', host, 'scheme')
  elseif scheme ~= '' then
    redis.call('HSET', host, 'scheme', scheme)
  end
end

local function settle(outcome, due)
  local activity = activity_read(claim.activity)
  local key = activity and activity.key
  local busy = redis.call('HMGET', 'busy:' .. claim.lane, 'n', key or 'n')
  local state = key and key_parse(busy[2])
  local ends = outcome == 'ok' or outcome == 'drop'
  if activity and ends then
    delete_note(activity, claim.host, outcome == 'ok' and 'a' or 'r', code, now_text)
  end
  if activity and outcome ~= 'ok' then
    delete_note_failure(activity, claim.host, code, now_text, reason)
  end
  if state and state.activity == claim.activity then
    state.flying = state.flying - 1
    if not ends then
      state.delayed = state.delayed + 1
    end
  else
    state = nil
  end
  lane_write(tonumber(busy[1] or '0') - 1, key, state)
  if activity and ends then
    entry_ended(activity)
  elseif activity then
    again(outcome, due)
  end
  go_on(key, state)
end

local kept = 0
for i = 0, tonumber(ARGV[2]) - 1 do
  local worker, outcome, health, due, scheme
  worker, name, outcome, health, code, reason, due, pause, scheme = unpack(ARGV, 3 + i * 9, 11 + i * 9)
  if redis.call('HDEL', 'claims:' .. worker, name) == 1 then
    kept = kept + 1
    claim = claim_read(name)
    host = 'host:' .. claim.host
    probe_at = nil
    judge_host(health, scheme)
    settle(outcome, due)
  end
end
for _, activity in ipairs(ended) do
  entries_end(activity, endings[activity])
end
return kept
