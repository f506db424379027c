-- ARGV: worker now maximum
-- Leases what may be sent now. What a Create shows to a host is exposed here, before its first byte leaves. Returns for each
-- entry eleven texts: claim, inbox URL, actor behind it, aid, kind, activity id, trace, created, origin, scheme, key generation of
-- the account. A single text, buried: the worker was taken for dead, what it held is others' by now; it goes on under another name.
-- include hosts
-- include exposure
-- include evidence
-- include activities
-- include lanes
local worker, now, maximum = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local now_text = ARGV[2]
local claims = 'claims:' .. worker
local out, claimed, pops = {}, 0, 0
-- Written or read in one go at the end: claims and when they were made, where in `out` an inbox's address is wanted, what is shown.
local fresh, names, wanted_at, wanted = {}, {}, {}, {}
local shown, shown_posts, met, met_accounts = {}, {}, {}, {}
local LANES, POPS, POPS_LANE = 128, 1000, 64

if redis.call('EXISTS', 'buried:' .. worker) == 1 then
  return {'buried'}
end

local function due_retries()
  local names = redis.call('ZRANGEBYSCORE', 'delays', '-inf', now_text, 'LIMIT', 0, 100)
  for i = #names, 1, -1 do
    local name = names[i]
    local claim = claim_read(name)
    redis.call('ZREM', 'delays', name)
    lane_push(claim.lane, claim.priority, claim.activity .. ' ' .. claim.inbox .. ' ' .. claim.attempts, true, now_text)
  end
end

local function host_read(host)
  local v = redis.call('HMGET', 'host:' .. host, 'state', 'open_until', 'in_flight', 'pause_until', 'origin', 'scheme')
  return {number = host, failed = v[1] == 'open' or v[1] == 'dead', open_until = tonumber(v[2] or '0'),
    in_flight = tonumber(v[3] or '0'), pause_until = tonumber(v[4] or '0'), origin = v[5] or '', scheme = v[6] or ''}
end

-- Hosts whose time has come: of one that failed, a few lanes to probe with, or what was tried in vain; of any other, all lanes.
local function due_hosts()
  for _, host in ipairs(redis.call('ZRANGEBYSCORE', 'probes', '-inf', now_text, 'LIMIT', 0, 16)) do
    local v = redis.call('HMGET', 'host:' .. host, 'state', 'open_until', 'in_flight')
    local open_until = tonumber(v[2] or '0')
    if v[1] ~= 'open' and v[1] ~= 'dead' then
      redis.call('SADD', 'unparking', host)
      redis.call('ZREM', 'probes', host)
    elseif open_until > now or (v[3] or '0') ~= '0' then
      redis.call('ZADD', 'probes', math.max(open_until, now + 1000), host)
    elseif unpark(host, 4, now_text) == 0 and untry(host, 1, now_text) == 0 then
      redis.call('ZREM', 'probes', host)
    else
      redis.call('ZADD', 'probes', now + 1000, host)
    end
  end
  for _, number in ipairs(redis.call('SRANDMEMBER', 'unparking', 4)) do
    local host = host_read(number)
    local free, rests = HOST_MAX - host.in_flight, host.failed and host.open_until or host.pause_until
    if host.failed or rests > now then
      redis.call('SREM', 'unparking', number) -- it was given up again, or asked for a rest, before all was back
      if host_awaited(number) then
        redis.call('ZADD', 'probes', 'NX', math.max(rests, now + 1000), number)
      end
    elseif free <= 0 or unpark(number, free * 2, now_text) + untry(number, free, now_text) == 0 then
      redis.call('SREM', 'unparking', number) -- when something of it ends, the next lanes follow
    end
  end
end

local function park(lane, host, again_at)
  redis.call('SADD', 'parked:' .. host, lane)
  redis.call('ZREM', 'ready', lane)
  redis.call('ZADD', 'probes', 'NX', again_at, host)
end

-- How many entries of the lane may leave now; 0: it was parked or waits for one of its own to end.
local function slots(lane, host, flying)
  if host.failed then
    if now < host.open_until or host.in_flight > 0 then
      park(lane, host.number, math.max(host.open_until, now + 1000))
      return 0
    end
    return 1
  end
  if host.pause_until > now then
    park(lane, host.number, host.pause_until)
    return 0
  end
  if host.in_flight >= HOST_MAX then
    park(lane, host.number, now + 1000)
    return 0
  end
  if flying >= LANE_MAX then
    redis.call('ZREM', 'ready', lane)
    return 0
  end
  return math.min(LANE_MAX - flying, HOST_MAX - host.in_flight, maximum - claimed)
end

local function pop(lane)
  for priority = 0, 5 do
    local entry = redis.call('LPOP', 'lane:' .. lane .. ':' .. priority)
    if entry then
      return tostring(priority), entry
    end
  end
end

local function is_stale(activity)
  return now - activity.created > (is_farewell(activity.kind) and 180 or 3) * DAY
end

-- A Delete takes the place of whatever waits for a retry; a newer Update that of an older one. What was displaced finds that
-- out when its time comes.
local function displaces(activity, other)
  if activity.kind == 'delete' or activity.kind == 'undo' then
    return true
  end
  local waiting = activity_read(other)
  return waiting and waiting.kind == activity.kind and (activity.kind == 'update' or activity.kind == 'profile')
    and activity.revision > waiting.revision
end

-- An account's Delete waits until nothing else is under way in its lane (the lists before its own are empty when it is popped).
local function is_barred(lane, key)
  local busy = 'busy:' .. lane
  return redis.call('HLEN', busy) - redis.call('HEXISTS', busy, key) - redis.call('HEXISTS', busy, 'n') > 0
end

local function add_to(lists, names_of, name, value)
  local list = lists[name]
  if not list then
    list = {}
    lists[name] = list
    names_of[#names_of + 1] = name
  end
  list[#list + 1] = value
end

local function claim(lane, host, activity, inbox, name, state)
  local numbered = inbox:find('^%d+$')
  state.flying = state.flying + 1
  host.lane_flying = host.lane_flying + 1
  redis.call('HSET', 'busy:' .. lane, activity.key, key_text(state), 'n', host.lane_flying)
  fresh[name] = true
  names[#names + 1] = name
  names[#names + 1] = now_text
  if not is_farewell(activity.kind) then
    add_to(met, met_accounts, activity.an, host.number) -- whoever checks its signature asks for the actor
  end
  if shows_post(activity.kind) then
    add_to(shown, shown_posts, activity.an .. ':' .. activity.p, host.number)
    local reason = activity.reasons and activity.reasons:match(',' .. host.number .. '=(%a)')
    if reason then
      expose_why(activity.an, activity.p, host.number, reason)
    end
  end
  if host.failed then
    redis.call('HSET', 'host:' .. host.number, 'probe', name)
    redis.call('ZREM', 'probes', host.number)
  end
  claimed = claimed + 1
  if numbered then
    wanted[#wanted + 1] = inbox
    wanted_at[#wanted_at + 1] = #out + 2
  end
  for _, text in ipairs({name, numbered and '' or inbox, numbered and '' or activity.to, activity.aid, activity.kind, activity.id,
    activity.trace, tostring(activity.created), host.origin, host.scheme, account_read(activity.aid).key_generation}) do
    out[#out + 1] = text
  end
end

-- One entry: returns true when it was claimed, false when it ended or waits elsewhere, nil when the lane must wait.
local function consider(lane, host, priority, entry, from_behind)
  local number, inbox, attempts = entry:match('^(%d+) (%S+) ?(%d*)$')
  local activity = activity_read(number)
  if not activity then
    return false
  end
  local state = key_read(lane, activity.key)
  local counted = attempts ~= ''
  if counted then
    if not state or state.activity ~= number then
      entry_end(activity) -- displaced while it waited
      return false
    end
    state.delayed = state.delayed - 1
  end
  if is_stale(activity) or is_void(activity) then
    if counted then
      key_write(lane, activity.key, state, now_text)
    end
    entry_end(activity)
    return false
  end
  if not counted then
    if state and state.activity ~= number then
      if state.flying > 0 or not displaces(activity, state.activity) then
        redis.call('RPUSH', 'behind:' .. lane .. ':' .. activity.key, priority .. ' ' .. entry)
        return false
      end
      state = nil
    elseif not state and not from_behind and redis.call('EXISTS', 'behind:' .. lane .. ':' .. activity.key) == 1 then
      redis.call('RPUSH', 'behind:' .. lane .. ':' .. activity.key, priority .. ' ' .. entry)
      return false
    end
    state = state or {activity = number, flying = 0, delayed = 0}
  end
  if activity.kind == 'leave' and is_barred(lane, activity.key) then
    redis.call('LPUSH', 'lane:' .. lane .. ':' .. priority, entry)
    return nil
  end
  local name = lane .. ':' .. priority .. ':' .. (counted and attempts or '0') .. ':' .. number .. ':' .. inbox
  if fresh[name] or redis.call('HEXISTS', claims, name) == 1 then
    key_write(lane, activity.key, state, now_text) -- the very same is in flight: one of it is enough
    entry_end(activity)
    return false
  end
  claim(lane, host, activity, inbox, name, state)
  return true
end

-- "@KEY": the first of those behind goes, unless the key is another's that it does not displace (then its end will say so again).
-- What is void by now holds nothing up.
local function consider_behind(lane, host, key)
  local name = 'behind:' .. lane .. ':' .. key
  local waiting = redis.call('LINDEX', name, 0)
  if not waiting then
    return false
  end
  local priority, number = waiting:match('^(%d) (%d+) ')
  local state, first = key_read(lane, key), activity_read(number)
  if state and state.activity ~= number and first and not is_stale(first) and not is_void(first) and
      (state.flying > 0 or not displaces(first, state.activity)) then
    return false
  end
  redis.call('LPOP', name)
  local result = consider(lane, host, priority, waiting:sub(3), true)
  local next_one = redis.call('LINDEX', name, 0)
  if next_one then
    redis.call('LPUSH', 'lane:' .. lane .. ':' .. next_one:sub(1, 1), '@' .. key)
  end
  return result
end

local function visit(lane)
  local host = host_read(lane:match(':(%d+)$'))
  host.lane_flying = tonumber(redis.call('HGET', 'busy:' .. lane, 'n') or '0')
  local free = slots(lane, host, host.lane_flying)
  if free == 0 then
    return
  end
  local taken, popped = 0, 0
  local empty, waits = false, false
  while taken < free and popped < POPS_LANE do
    local priority, entry
    if popped == 0 or lane_waits(lane) then
      priority, entry = pop(lane)
    end
    if not entry then
      empty = true
      break
    end
    popped = popped + 1
    local result
    if entry:sub(1, 1) == '@' then
      result = consider_behind(lane, host, entry:sub(2))
    else
      result = consider(lane, host, priority, entry, false)
    end
    if result then
      taken = taken + 1
    elseif result == nil then
      waits = true
      break
    end
  end
  pops = pops + popped
  if taken > 0 then
    redis.call('HINCRBY', 'host:' .. host.number, 'in_flight', taken)
  end
  if empty or waits or not lane_waits(lane) then
    redis.call('ZREM', 'ready', lane)
  elseif host.failed and taken > 0 then
    park(lane, host.number, now + 1000)
    redis.call('ZREM', 'probes', host.number)
  else
    redis.call('ZADD', 'ready', now_text, lane)
  end
end

due_retries()
due_hosts()
for _, lane in ipairs(redis.call('ZRANGEBYSCORE', 'ready', '-inf', now_text, 'LIMIT', 0, LANES)) do
  if claimed >= maximum or pops >= POPS then
    break
  end
  visit(lane)
end

if claimed > 0 then
  redis.call('SADD', 'workers', worker)
  redis.call('SET', 'worker:' .. worker, 1, 'PX', 7000)
  redis.call('HSET', claims, unpack(names))
end
for _, account in ipairs(met_accounts) do
  account_expose_all(account, met[account])
end
for _, post in ipairs(shown_posts) do
  redis.call('SADD', 'exposing:' .. post, unpack(shown[post]))
end
local addresses = #wanted > 0 and redis.call('HMGET', 'inboxes', unpack(wanted)) or {}
for i, at in ipairs(wanted_at) do
  local _, url, actor = (addresses[i] or ''):match('^(%d+) (%S+) (.*)$')
  out[at], out[at + 1] = url or '', actor or ''
end
return out
