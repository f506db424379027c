-- Followers are counted per inbox as they come and go, so that a fan-out costs the number of inboxes.
local function audience_leave(aid, inbox)
  local left = redis.call('HINCRBY', 'audience_count:' .. aid, inbox, -1)
  if left <= 0 then
    redis.call('HDEL', 'audience_count:' .. aid, inbox)
    redis.call('ZREM', 'audience:' .. aid, inbox)
  end
end

local function audience_join(aid, host, inbox)
  if redis.call('HINCRBY', 'audience_count:' .. aid, inbox, 1) == 1 then
    redis.call('ZADD', 'audience:' .. aid, string.format('%.0f', tonumber(host) * INBOX_SPACE + tonumber(inbox)), inbox)
  end
end

-- Which of our accounts a remote actor follows, so that it can be forgotten without a search: account numbers.
local function following_change(hash, number, add)
  local key, field = 'following_us:' .. hash:sub(1, 2), hash
  local list = redis.call('HGET', key, field) or ''
  local kept = {}
  for one in list:gmatch('%d+') do
    if one ~= number then
      kept[#kept + 1] = one
    end
  end
  if add then
    kept[#kept + 1] = number
  end
  if #kept == 0 then
    redis.call('HDEL', key, field)
  else
    redis.call('HSET', key, field, table.concat(kept, ' '))
  end
end

local function follower_leave(aid, actor)
  local known = redis.call('HGET', 'followers:' .. aid, actor)
  if not known then
    return false
  end
  redis.call('HDEL', 'followers:' .. aid, actor)
  audience_leave(aid, known:match('^%d+'))
  redis.call('HINCRBY', 'account:' .. aid, 'followers', -1)
  return true
end
