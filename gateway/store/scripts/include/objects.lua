-- What remote people wrote here, found by its author (objects_of:ACTOR) and by the account it was written to
-- (inbound:AID, by when it came).

local function object_indexed(hash, actor, aid, now)
  redis.call('SADD', 'objects_of:' .. actor, hash)
  redis.call('ZADD', 'inbound:' .. aid, now, hash)
end

-- Where 'retained' is kept: up to when of inbound:AID the words were dropped. What is for those who follow its author has no account.
local function object_retained_key(aid)
  return aid == '' and 'timeline' or 'account:' .. aid
end

-- New words of an object whose old ones went by retention: they are kept as if it had come now.
local function object_kept_anew(hash, aid, now)
  local came = redis.call('ZSCORE', 'inbound:' .. aid, hash)
  if came and tonumber(came) <= tonumber(redis.call('HGET', object_retained_key(aid), 'retained') or '0') then
    redis.call('ZADD', 'inbound:' .. aid, now, hash)
  end
end

-- Whether an object waits for the owner before it is shown: the account is paused, or approve_replies is all, or first (of people
-- not approved before), or the operator limited the author's server.
local function object_waits(state, aid, actor, limited)
  if state then
    return state == 'held'
  end
  local account = redis.call('HMGET', 'account:' .. aid, 'approve_replies', 'state')
  local wish = account[1]
  if limited or account[2] == 'paused' then
    return true
  end
  return wish == 'all' or (wish == 'first' and redis.call('SISMEMBER', 'welcome:' .. aid, actor) == 0)
end

-- The tombstone of an object that is known and live; its delete on the platform is queued.
local function object_remove(hash, now)
  local key = 'remote_object:' .. hash
  local known = redis.call('HMGET', key, 'platform', 'aid', 'oid', 'actor')
  redis.call('HSET', key, 'state', 'gone', 'deleted', now)
  redis.call('HDEL', key, 'source')
  redis.call('HINCRBY', key, 'revision', 1)
  if (known[3] or '') ~= '' then
    local place = known[2] .. ' ' .. known[3]
    thread_leave(redis.call('HGET', 'post:' .. known[2] .. ':' .. known[3], 'root') or place, place, hash)
  end
  redis.call('SREM', 'objects_of:' .. known[4], hash)
  redis.call('ZREM', 'inbound:' .. known[2], hash)
  redis.call('ZREM', 'held:' .. known[2], hash)
  redis.call('XADD', 'work:push:' .. known[1], '*', 'chain', hash, 'data', 'object ' .. hash, 'time', now)
  return known[1]
end
