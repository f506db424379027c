-- ARGV: actor_hash
-- 1 when the actor follows an account of ours, or one follows it, and it did not move within the last seven days.
local hash = ARGV[1]
if redis.call('EXISTS', 'moved:' .. hash) == 1 then
  return 0
end
local follows = redis.call('HEXISTS', 'following_us:' .. hash:sub(1, 2), hash) == 1
return (follows or redis.call('EXISTS', 'followed_by:' .. hash) == 1) and 1 or 0
