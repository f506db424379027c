-- Who an account of ours has nothing to do with: blocks:AID has "WHO SUBJECT" → since, where WHO is owner, platform or them, and
-- SUBJECT an actor id or the name of a server, which stands for all below it. refuses:ACTOR: the person, for all of ours: them (a Block of a host's own actor) or profile, whose
-- words are not shown but who may follow.

-- "m.example" of "https://m.example:8443/users/alice"; '' when it has none.
local function actor_domain(actor)
  return (actor:match('^%a+://([^/:?#]+)') or ''):lower()
end

local LABELS_MAX = 127 -- as many as fit into a name: who has a block to get around is as deep below it as can be

local function is_below(host, domain)
  return host == domain or host:sub(-#domain - 1) == '.' .. domain
end

local function is_separated(aid, actor, follows)
  local refuses = redis.call('HMGET', 'refuses:' .. actor, 'them', 'profile')
  if refuses[1] or (refuses[2] and not follows) then
    return true
  end
  if aid == '' then
    return false
  end
  local subjects, host = {actor}, actor_domain(actor)
  while host:find('.', 1, true) and #subjects <= LABELS_MAX do
    subjects[#subjects + 1] = host
    host = host:gsub('^[^.]*%.', '', 1)
  end
  if host ~= '' then
    subjects[#subjects + 1] = host
  end
  local fields = {}
  for _, subject in ipairs(subjects) do
    for _, who in ipairs({'owner', 'platform', 'them'}) do
      fields[#fields + 1] = who .. ' ' .. subject
    end
  end
  for _, since in ipairs(redis.call('HMGET', 'blocks:' .. aid, unpack(fields))) do
    if since then
      return true
    end
  end
  return false
end
