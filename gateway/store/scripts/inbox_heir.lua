-- ARGV: inbox aid
-- Whoever brought this inbox is gone: another follower behind it stands for it from now on. Looks through 10,000 followers at
-- most. Returns that actor, '' when there is none.
local known = redis.call('HGET', 'inboxes', ARGV[1])
if not known or not redis.call('HGET', 'audience_count:' .. ARGV[2], ARGV[1]) then
  return ''
end
local cursor = '0'
for _ = 1, 20 do
  local page = redis.call('HSCAN', 'followers:' .. ARGV[2], cursor, 'COUNT', 500)
  cursor = page[1]
  for i = 1, #page[2], 2 do
    if page[2][i + 1]:match('^%d+') == ARGV[1] then
      redis.call('HSET', 'inboxes', ARGV[1], known:match('^%d+ %S+ ') .. page[2][i])
      return page[2][i]
    end
  end
  if cursor == '0' then
    break
  end
end
return ''
