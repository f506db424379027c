-- ARGV: activity cursor now limit last("1"|"0") host*
-- The next page of a fan-out. The cursor "SOURCES POSITION" must be the one that is stored, else another worker was faster.
-- Source 'a' is paged here; for 'e' and 'x' the caller names hosts, ascending, past the position; `last`: there are no more.
-- Returns the cursor that holds now, '' when the fan-out is over. Without an activity and a cursor: the first of all fan-outs, as
-- far as it is paged here.
-- include hosts
-- include evidence
-- include activities
-- include lanes
local first = ARGV[1] == ''
local a, now, limit = ARGV[1], ARGV[3], tonumber(ARGV[4])
if first then
  a = redis.call('ZRANGE', 'fanouts', 0, 0)[1]
end
if not a then
  return ''
end
local key = 'activity:' .. a
local info = redis.call('HMGET', key, 'cursor', 'explicit', 'sources', 'priority', 'fanout', 'explicit_hosts')
local cursor, explicit, sources, priority = info[1], info[2] or '', info[3], info[4]
if info[5] ~= '1' then
  redis.call('ZREM', 'fanouts', a)
  return ''
end
if first and cursor:find('^[ex]') or not first and cursor ~= ARGV[2] then
  return cursor
end
local activity = activity_read(a)
local farewell = is_farewell(activity.kind)
local added = 0

-- A dead host gets what takes something back; of the rest only one entry now and then, to see whether it lives.
local function wants(host)
  if farewell then
    return true
  end
  local health = redis.call('HMGET', 'host:' .. host, 'state', 'open_until')
  if health[1] ~= 'dead' then
    return true
  end
  return tonumber(health[2] or '0') <= tonumber(now) and not host_awaited(host)
end

local function push(host, inbox)
  lane_push(activity.an .. ':' .. host, priority, a .. ' ' .. inbox, false, now)
  added = added + 1
end

local function target(host, inbox)
  if not explicit:find(' ' .. inbox .. ' ', 1, true) then
    push(host, inbox)
  end
end

local function push_named()
  local hosts = info[6]:gmatch('%d+')
  for inbox in explicit:gmatch('%S+') do
    push(hosts(), inbox)
  end
end

-- Hosts that were served as followers are remembered until the fan-out is over: followers may go meanwhile, and nobody shall get
-- it twice.
local fanned = sources:find('a', 1, true) and sources:find('[ex]') and 'fanned:' .. a

local function page_audience(position)
  local page = redis.call('ZRANGEBYSCORE', 'audience:' .. activity.aid, '(' .. position, '+inf', 'WITHSCORES', 'LIMIT', 0, limit)
  local hosts = {}
  for i = 1, #page, 2 do
    local host = string.format('%.0f', math.floor(tonumber(page[i + 1]) / INBOX_SPACE))
    position = string.format('%.0f', tonumber(page[i + 1]))
    hosts[#hosts + 1] = host
    if wants(host) then
      target(host, page[i])
    end
  end
  if fanned and #hosts > 0 then
    redis.call('SADD', fanned, unpack(hosts))
  end
  return position, #page < 2 * limit
end

-- The followers' inboxes at that host where there are any, else the one that is known best.
local function expose_target(host)
  if fanned and redis.call('SISMEMBER', fanned, host) == 1 then
    return
  end
  local first = tonumber(host) * INBOX_SPACE
  local inboxes = redis.call('ZRANGEBYSCORE', 'audience:' .. activity.aid, string.format('%.0f', first),
    string.format('(%.0f', first + INBOX_SPACE), 'LIMIT', 0, 16)
  if #inboxes == 0 then
    inboxes = {redis.call('HGET', 'host:' .. host, 'inbox') or nil}
  end
  delete_note(activity, host, #inboxes > 0 and 'q' or 'n', '0', now)
  for _, inbox in ipairs(inboxes) do
    target(host, inbox)
  end
end

local function page_hosts(position)
  for i = 6, #ARGV do
    position = ARGV[i]
    if wants(ARGV[i]) then
      expose_target(ARGV[i])
    end
  end
  return position, ARGV[5] == '1'
end

local stages, position = cursor:match('^(%a*) (%d+)$')
local over
if is_void(activity) then
  stages, over = '', true
elseif stages:sub(1, 1) == 't' then
  push_named()
  over = true
elseif stages:sub(1, 1) == 'a' then
  position, over = page_audience(position)
else
  position, over = page_hosts(position)
end
if over then
  stages, position = stages:sub(2), '0'
end
local refs = redis.call('HINCRBY', key, 'refs', added)
if stages ~= '' then
  cursor = stages .. ' ' .. position
  redis.call('HSET', key, 'cursor', cursor)
  return cursor
end
redis.call('UNLINK', 'fanned:' .. a)
redis.call('HDEL', key, 'fanout', 'cursor', 'explicit', 'explicit_hosts', 'sources')
redis.call('ZREM', 'fanouts', a)
if refs <= 0 then
  activity_end(activity)
end
return ''
