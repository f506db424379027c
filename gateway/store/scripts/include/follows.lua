-- What is kept of a Follow, in few bytes, since each follower costs them: "INBOX FOLLOW_ID SINCE". In FOLLOW_ID "~" stands for the
-- actor's own origin, "^" for that and "/" and a UUID without its hyphens. SINCE: minutes after 2025, hexadecimal.
local FOLLOWS_FROM = 29453760

local function follow_short(origin, follow)
  if follow:sub(1, #origin) ~= origin then
    return follow
  end
  local rest = follow:sub(#origin + 1)
  local x4 = '%x%x%x%x'
  local parts = {rest:match('^/(' .. x4 .. x4 .. ')%-(' .. x4 .. ')%-(' .. x4 .. ')%-(' .. x4 .. ')%-(' .. x4 .. x4 .. x4 .. ')$')}
  return parts[1] and '^' .. table.concat(parts) or '~' .. rest
end

local function follow_since(kept)
  return kept and kept:match(' (%x+)$')
end

local function since_of(milliseconds)
  return string.format('%x', math.max(0, math.floor(tonumber(milliseconds) / 60000) - FOLLOWS_FROM))
end

-- Seconds, '' when it is not known.
local function since_seconds(kept)
  local since = follow_since(kept)
  return since and string.format('%.0f', (tonumber(since, 16) + FOLLOWS_FROM) * 60) or ''
end
