-- Whom an account of ours follows elsewhere: following:AID has ACTOR → "STATE ASKED DECIDED TIMES INBOX" (STATE: asked, accepted,
-- rejected). followed_by:HASH of the actor: the AIDs that have such an entry, so that all are found when the actor is gone or moves;
-- followed:HASH: how many accounts of each platform follow, so that a post is handed on where somebody waits for it.

local function following_read(aid, actor)
  local kept = redis.call('HGET', 'following:' .. aid, actor)
  local state, asked, decided, times, inbox = (kept or ''):match('^(%a+) (%d+) (%d+) (%d+) (.+)$')
  return state and {state = state, asked = asked, decided = decided, times = times, inbox = inbox}
end

local function following_stands(hash, aid, platform, stands)
  local key = 'followed:' .. hash
  redis.call('HINCRBY', 'account:' .. aid, 'following', stands and 1 or -1)
  if redis.call('HINCRBY', key, platform, stands and 1 or -1) <= 0 then
    redis.call('HDEL', key, platform)
  end
end

-- Writes what is known now (nil: nothing any more), and has the platform told.
local function following_write(aid, actor, hash, before, after, now)
  local platform = redis.call('HGET', 'account:' .. aid, 'platform')
  if after then
    redis.call('HSET', 'following:' .. aid, actor,
      table.concat({after.state, after.asked, after.decided, after.times, after.inbox}, ' '))
    redis.call('SADD', 'followed_by:' .. hash, aid)
  else
    redis.call('HDEL', 'following:' .. aid, actor)
    redis.call('SREM', 'followed_by:' .. hash, aid)
  end
  local stood, stands = before and before.state == 'accepted' or false, after and after.state == 'accepted' or false
  if stood ~= stands then
    following_stands(hash, aid, platform, stands)
  end
  redis.call('XADD', 'work:push:' .. platform, '*', 'chain', 'followed ' .. aid, 'data', 'followed ' .. aid .. ' ' .. actor, 'time', now)
end
