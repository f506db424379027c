-- ARGV: kind aid oid revision key priority id once_hash trace now sources to again body count, then count times:
--       origin inbox shared("1"|"0") reason actor
-- Queues an activity once: for the targets that are named, and as a fan-out over its sources ('a' the audience, 'e' who may
-- hold the post, 'x' who may hold anything of the account). What was sent is noted with the post or the account right here.
-- Returns the number of the activity, 0 when it was queued before or is not to be sent any more.
-- include hosts
-- include exposure
-- include evidence
-- include activities
-- include lanes
local kind, aid, oid, revision, priority, now = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[6], ARGV[10]
local sources, again = ARGV[11], ARGV[13] == '1'
local account_key, post_key = 'account:' .. aid, 'post:' .. aid .. ':' .. oid
local account = redis.call('HMGET', account_key, 'number', 'profile_sent', 'leave_sent', 'key_sent')
local an, p = account[1], '0'
if not an then
  return 0
end

if shows_post(kind) or kind == 'delete' or kind == 'undo' then
  local post = redis.call('HMGET', post_key, 'number', 'state', 'sent', 'delete_sent', 'priority', 'resend', 'resent')
  p = post[1]
  if not p then
    return 0
  end
  if kind == 'delete' or kind == 'undo' then
    if post[2] ~= 'gone' or (post[4] and not again) then
      return 0
    end
    redis.call('HSET', post_key, 'delete_sent', '1')
    redis.call('ZADD', 'expiries', string.format('%.0f', tonumber(now) + 180 * DAY), an .. ':' .. p)
  else
    local sent = tonumber(post[3] or '0')
    -- A note can change without an edit of the platform's: a quote was permitted.
    local changed = kind == 'update' and (post[6] or '0') ~= (post[7] or '0')
    if post[2] ~= 'live' or (sent >= revision and not changed) or (kind ~= 'update' and sent > 0) then
      return 0
    end
    -- One object stays in one list: its Update must not overtake its Create.
    priority = post[5] or priority
    redis.call('HSET', post_key, 'sent', ARGV[4], 'priority', priority)
    if changed then
      redis.call('HSET', post_key, 'resent', post[6])
    end
  end
elseif kind == 'profile' then
  if tonumber(account[2] or '0') >= revision then
    return 0
  end
  redis.call('HSET', account_key, 'profile_sent', ARGV[4])
elseif kind == 'leave' then
  if account[3] then
    return 0
  end
  redis.call('ZADD', 'expiries', string.format('%.0f', tonumber(now) + 180 * DAY), an .. ':0')
elseif kind == 'key' then
  if account[4] then
    return 0
  end
elseif not redis.call('SET', 'activity_once:' .. ARGV[8], 1, 'NX', 'EX', 604800) then
  return 0
end

local a = tostring(redis.call('INCR', 'sequence:activity'))
if kind == 'leave' or kind == 'key' then
  redis.call('HSET', account_key, kind .. '_sent', a)
end
local activity = {number = a, kind = kind, an = an, p = p}
local explicit, hosts, reasons, count = {}, {}, {}, tonumber(ARGV[15])
for i = 0, count - 1 do
  local at = 16 + i * 5
  local host = host_number(ARGV[at])
  local inbox = inbox_met(host, ARGV[at + 1], ARGV[at + 2] == '1', ARGV[at + 4])
  if not explicit[inbox] then
    explicit[inbox] = true
    explicit[#explicit + 1] = inbox
    hosts[#hosts + 1] = host
    if sources == '' then
      lane_push(an .. ':' .. host, priority, a .. ' ' .. inbox, false, now)
      delete_note(activity, host, 'q', '0', now)
    end
  end
  if ARGV[at + 3] ~= '' then
    reasons[#reasons + 1] = host .. '=' .. ARGV[at + 3]
  end
end
if #explicit == 0 and sources == '' then
  return 0
end
redis.call('HSET', 'activity:' .. a, 'kind', kind, 'aid', aid, 'an', an, 'oid', oid, 'p', p, 'revision', ARGV[4], 'key', ARGV[5],
  'priority', priority, 'created', now, 'id', ARGV[7], 'trace', ARGV[9], 'refs', sources == '' and #explicit or 0, 'body', ARGV[14])
if takes_back(activity) then
  redis.call('ZADD', 'deletes_owed', now, a)
end
if ARGV[12] ~= '' then
  redis.call('HSET', 'activity:' .. a, 'to', ARGV[12])
end
if #reasons > 0 then
  redis.call('HSET', 'activity:' .. a, 'reasons', ',' .. table.concat(reasons, ',') .. ',')
end
if sources ~= '' then
  -- Named targets wait for their turn among the fan-outs too ('t'), else an Update could reach one before its Create does.
  if #explicit > 0 then
    redis.call('HSET', 'activity:' .. a, 'explicit', ' ' .. table.concat(explicit, ' ') .. ' ', 'explicit_hosts',
      table.concat(hosts, ' '))
    sources = 't' .. sources
  end
  redis.call('HSET', 'activity:' .. a, 'fanout', '1', 'sources', sources, 'cursor', sources .. ' 0')
  redis.call('ZADD', 'fanouts', string.format('%.0f', tonumber(priority) * 1e12 + tonumber(a)), a)
end
return a
