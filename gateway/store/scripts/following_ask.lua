-- ARGV: aid actor actor_hash inbox now day
-- An account of ours asks to follow somebody. Returns {asked, ASKED} when a Follow is to be sent, named by the time; {stands} when it
-- follows already; {full}, {fast} when it follows, or asked today, as many as it may; {off} when the account is not on.
-- include following
local FOLLOWS_MAX, FOLLOWS_A_DAY, AGAIN_AFTER = 5000, 400, 60000
local aid, actor, now = ARGV[1], ARGV[2], ARGV[5]
if redis.call('HGET', 'account:' .. aid, 'state') ~= 'on' then
  return {'off'}
end
local known = following_read(aid, actor)
if known and known.state == 'accepted' then
  return {'stands'}
end
if known and known.state == 'asked' and tonumber(now) - tonumber(known.asked) < AGAIN_AFTER then
  return {'asked', known.asked} -- the same request once more
end
if not known and redis.call('HLEN', 'following:' .. aid) >= FOLLOWS_MAX then
  return {'full'}
end
local today = 'follows_asked:' .. aid .. ':' .. ARGV[6]
if tonumber(redis.call('GET', today) or '0') >= FOLLOWS_A_DAY then
  return {'fast'}
end
redis.call('INCR', today)
redis.call('EXPIRE', today, 172800)
following_write(aid, actor, ARGV[3], known,
  {state = 'asked', asked = now, decided = '0', times = tostring(tonumber(known and known.times or '0') + 1), inbox = ARGV[4]}, now)
return {'asked', now}
