-- ARGV: platform key actor server handle sealed_password now total hour day server_day
-- Notes that a puppet is to be made, before the platform is asked. Returns "", also when it was noted before; or the limit that stands
-- against it: total, hour, day, server.
local platform, now = ARGV[1], tonumber(ARGV[7])
local key = 'puppet_account:' .. platform .. ':' .. ARGV[2]
if redis.call('EXISTS', key) == 1 then
  return ''
end
local made = 'puppets_made:' .. platform
local hour, day = math.floor(now / 3600000), math.floor(now / 86400000)
local counts = {
  {'hour', made .. ':hour:' .. hour, tonumber(ARGV[9]), 7200},
  {'day', made .. ':day:' .. day, tonumber(ARGV[10]), 172800},
  {'server', made .. ':server:' .. ARGV[4] .. ':' .. day, tonumber(ARGV[11]), 172800},
}
if redis.call('HLEN', 'puppets:' .. platform) >= tonumber(ARGV[8]) then
  return 'total'
end
for _, count in ipairs(counts) do
  if tonumber(redis.call('GET', count[2]) or '0') >= count[3] then
    return count[1]
  end
end
for _, count in ipairs(counts) do
  redis.call('INCR', count[2])
  redis.call('EXPIRE', count[2], count[4])
end
redis.call('HSET', key, 'state', 'making', 'actor', ARGV[3], 'server', ARGV[4], 'handle', ARGV[5], 'password', ARGV[6], 'begun', ARGV[7])
return ''
