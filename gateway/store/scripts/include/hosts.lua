-- Hosts and inboxes have small integers. An inbox stands in lanes as its number, or as its URL when it is a person's own one that
-- neither an audience needs nor a Delete (an answer to a Follow): those would only pile up. What has a number can move.
local INBOX_SPACE = 134217728 -- audience scores: host * INBOX_SPACE + inbox, exact in a double

local function host_number(origin)
  local number = redis.call('HGET', 'host_numbers', origin)
  if number then
    return number
  end
  number = tostring(redis.call('INCR', 'sequence:host'))
  redis.call('HSET', 'host_numbers', origin, number)
  redis.call('HSET', 'host:' .. number, 'origin', origin)
  return number
end

local function inbox_number(host, url, actor)
  local number = redis.call('HGET', 'inbox_numbers', url)
  if number then
    return number
  end
  number = tostring(redis.call('INCR', 'sequence:inbox'))
  redis.call('HSET', 'inbox_numbers', url, number)
  redis.call('HSET', 'inboxes', number, host .. ' ' .. url .. ' ' .. actor)
  return number
end

-- An inbox as it stands in lanes. Where a host has none better, it is the one under which Deletes find it: a shared one where
-- one was ever seen. `actor`: who is asked where it is now when it has moved.
local function inbox_met(host, url, shared, actor)
  local key = 'host:' .. host
  local known = redis.call('HMGET', key, 'inbox', 'inbox_shared')
  local best = not known[1] or (shared and not known[2])
  local inbox = (shared or best) and inbox_number(host, url, actor) or redis.call('HGET', 'inbox_numbers', url) or url
  if best then
    redis.call('HSET', key, 'inbox', inbox)
    if shared then
      redis.call('HSET', key, 'inbox_shared', '1')
    end
  end
  return inbox
end
