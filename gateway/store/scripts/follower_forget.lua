-- ARGV: actor actor_hash
-- An actor that is gone follows nobody. At most 500 of our accounts a call; returns how many it may follow still.
-- include hosts
-- include audience
local list = redis.call('HGET', 'following_us:' .. ARGV[2]:sub(1, 2), ARGV[2])
if not list then
  return 0
end
local kept, seen = {}, 0
for number in list:gmatch('%d+') do
  seen = seen + 1
  if seen > 500 then
    kept[#kept + 1] = number
  else
    local aid = redis.call('HGET', 'account_numbers', number)
    if aid then
      follower_leave(aid, ARGV[1])
    end
  end
end
if #kept == 0 then
  redis.call('HDEL', 'following_us:' .. ARGV[2]:sub(1, 2), ARGV[2])
else
  redis.call('HSET', 'following_us:' .. ARGV[2]:sub(1, 2), ARGV[2], table.concat(kept, ' '))
end
return #kept
