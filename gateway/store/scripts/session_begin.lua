-- ARGV: signin_key session_key form seconds
-- Uses up a link and begins the session that it gives. Returns 0 when there is no such link.
local whose = redis.call('GETDEL', ARGV[1])
if not whose then
  return 0
end
redis.call('HSET', ARGV[2], 'whose', whose, 'form', ARGV[3])
redis.call('EXPIRE', ARGV[2], ARGV[4])
return 1
