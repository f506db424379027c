-- ARGV: number url
-- An inbox has a new address, which its actor's document gave. What waits for the number goes there.
local known = redis.call('HGET', 'inboxes', ARGV[1])
if not known then
  return 0
end
local host, url, actor = known:match('^(%d+) (%S+) (.*)$')
if url == ARGV[2] then
  return 0
end
redis.call('HSET', 'inboxes', ARGV[1], host .. ' ' .. ARGV[2] .. ' ' .. actor)
redis.call('HDEL', 'inbox_numbers', url)
redis.call('HSETNX', 'inbox_numbers', ARGV[2], ARGV[1])
return 1
