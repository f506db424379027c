-- ARGV: worker claim outcome(ok|drop|retry|host) health(good|bad|none) code reason now due pause_until scheme
-- What came of a claim. `retry`: this entry again at `due`; `host`: the host did not answer, this attempt does not count. With a
-- host that is given up for now the entry waits as long as that, else until `due`. `pause_until`: nothing for this host before
-- that time (0: none). `scheme`: what to remember of the signatures that the host takes ("": nothing new, "-": forget).
-- Returns 0 when the lease was lost meanwhile: then somebody else sends it again.
-- include evidence
-- include activities
-- include lanes
local name, outcome, health, code, reason, now = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7])
local now_text, due, pause = ARGV[7], ARGV[8], ARGV[9]
if redis.call('HDEL', 'claims:' .. ARGV[1], name) == 0 then
  return 0
end
local claim = claim_read(name)
local host = 'host:' .. claim.host
flight_end(claim)

local probe_at -- when what waits for the host is looked at again

local function host_good()
  local state = redis.call('HGET', host, 'state')
  redis.call('HSET', host, 'last_ok', now_text, 'last_code', code)
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

if health == 'good' then
  host_good()
elseif health == 'bad' then
  host_bad()
else
  host_unsure()
end
if pause ~= '0' then
  redis.call('HSET', host, 'pause_until', pause)
end
if ARGV[10] == '-' then
  redis.call('HDEL', host, 'scheme')
elseif ARGV[10] ~= '' then
  redis.call('HSET', host, 'scheme', ARGV[10])
end

local activity = activity_read(claim.activity)
local state = activity and key_read(claim.lane, activity.key)
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
  key_write(claim.lane, activity.key, state, now_text)
end
if activity and ends then
  entry_end(activity)
elseif activity then
  local v = redis.call('HMGET', host, 'state', 'open_until')
  local attempts = tonumber(claim.attempts) + (outcome == 'retry' and 1 or 0)
  local again = claim.lane .. ':' .. claim.priority .. ':' .. attempts .. ':' .. claim.activity .. ':' .. claim.inbox
  if v[1] == 'open' or v[1] == 'dead' then
    redis.call('RPUSH', 'tried:' .. claim.host, again)
    redis.call('ZADD', 'probes', 'NX', v[2] or now_text, claim.host)
  else
    redis.call('ZADD', 'delays', due, again)
  end
end
if probe_at and host_awaited(claim.host) then
  redis.call('ZADD', 'probes', probe_at, claim.host)
end
if lane_waits(claim.lane) then
  redis.call('ZADD', 'ready', 'NX', now_text, claim.lane)
end
if host_awaited(claim.host) then
  local after = redis.call('HMGET', host, 'state', 'pause_until')
  if after[1] ~= 'open' and after[1] ~= 'dead' and tonumber(after[2] or '0') <= now then
    unpark(claim.host, 2, now_text)
    untry(claim.host, 2, now_text)
  end
end
return 1
