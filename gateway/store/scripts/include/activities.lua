-- Activities and their end. What a script reads of an activity, a post or an account is read once a call.
local activities, posts, states = {}, {}, {}

local function activity_read(number)
  local known = activities[number]
  if known == nil then
    local v = redis.call('HMGET', 'activity:' .. number, 'kind', 'aid', 'an', 'oid', 'p', 'revision', 'key', 'created', 'id',
      'trace', 'reasons', 'to')
    known = v[1] and {number = number, kind = v[1], aid = v[2], an = v[3], oid = v[4], p = v[5], revision = tonumber(v[6]),
      key = v[7], created = tonumber(v[8]), id = v[9], trace = v[10], reasons = v[11], to = v[12] or ''}
    activities[number] = known
  end
  return known
end

local function post_read(aid, oid)
  local key = 'post:' .. aid .. ':' .. oid
  local known = posts[key]
  if not known then
    local v = redis.call('HMGET', key, 'state', 'sent')
    known = {state = v[1], sent = tonumber(v[2] or '0')}
    posts[key] = known
  end
  return known
end

local function account_read(aid)
  local known = states[aid]
  if not known then
    local v = redis.call('HMGET', 'account:' .. aid, 'state', 'profile_sent', 'key_generation')
    known = {state = v[1], profile_sent = tonumber(v[2] or '0'), key_generation = v[3] or '0'}
    states[aid] = known
  end
  return known
end

-- What was on its way when the account was paused goes on: it was told already.
local function is_bridged(state)
  return state == 'on' or state == 'paused'
end

local function is_farewell(kind)
  return kind == 'delete' or kind == 'undo' or kind == 'leave'
end

local function shows_post(kind)
  return kind == 'create' or kind == 'update' or kind == 'announce'
end

-- True when nobody must get this any more: the post is gone, the account is leaving, something newer is queued.
local function is_void(activity)
  if shows_post(activity.kind) then
    local post = post_read(activity.aid, activity.oid)
    if post.state ~= 'live' or not is_bridged(account_read(activity.aid).state) then
      return true
    end
    return activity.kind == 'update' and activity.revision < post.sent
  end
  if activity.kind == 'profile' then
    local account = account_read(activity.aid)
    return not is_bridged(account.state) or activity.revision < account.profile_sent
  end
  local of_actor = activity.kind == 'key' or activity.kind == 'renewal' or activity.kind == 'move'
  return of_actor and not is_bridged(account_read(activity.aid).state)
end

local function activity_end(activity)
  redis.call('DEL', 'activity:' .. activity.number)
  if takes_back(activity) then
    redis.call('ZREM', 'deletes_owed', activity.number)
  end
  if shows_post(activity.kind) then
    redis.call('SADD', 'compactions', activity.an .. ':' .. activity.p)
  elseif activity.kind == 'leave' and redis.call('HGET', 'account:' .. activity.aid, 'state') == 'gone' then
    redis.call('HDEL', 'account:' .. activity.aid, 'private_key') -- nothing is left to sign
  end
end

-- Entries are done with; the last one after the fan-out takes the activity along.
local function entries_end(activity, count)
  local left = redis.call('HINCRBY', 'activity:' .. activity.number, 'refs', -count)
  if left <= 0 and redis.call('HGET', 'activity:' .. activity.number, 'fanout') ~= '1' then
    activity_end(activity)
  end
end

local function entry_end(activity)
  entries_end(activity, 1)
end
