-- ARGV: aid oid field("likes"|"shares") actor_hash add("1"|"0") activity_id
-- Counts a like or boost once a person. Returns 1 if it changed anything.
local post, key = 'post:' .. ARGV[1] .. ':' .. ARGV[2], 'reactions:' .. ARGV[1] .. ':' .. ARGV[2]
local member = ARGV[3] .. ':' .. ARGV[4]
if redis.call('HGET', post, 'state') ~= 'live' then
  return 0
end
if ARGV[5] == '1' then
  if redis.call('HSETNX', key, member, ARGV[6]) == 0 then
    return 0
  end
  redis.call('HINCRBY', post, ARGV[3], 1)
  return 1
end
if redis.call('HDEL', key, member) == 0 then
  return 0
end
redis.call('HINCRBY', post, ARGV[3], -1)
return 1
