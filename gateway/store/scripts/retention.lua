-- ARGV: aid before now
-- Drops the words of remote objects that came to an account before that time: a page of 200, from where the last one ended
-- (retained of account:AID, of timeline where AID is empty). Those that waited for the owner so long go altogether. Returns {looked at, dropped, refused}.
-- include threads
-- include objects
local PAGE = 200
local aid, before, now = ARGV[1], ARGV[2], ARGV[3]
local account, seen, dropped = object_retained_key(aid), 0, 0
local from = redis.call('HGET', account, 'retained') or '0'
local page = redis.call('ZRANGEBYSCORE', 'inbound:' .. aid, from, '(' .. before, 'WITHSCORES', 'LIMIT', 0, PAGE)
for i = 1, #page, 2 do
  seen = seen + 1
  dropped = dropped + redis.call('HDEL', 'remote_object:' .. page[i], 'source')
  redis.call('HDEL', 'remote_object:' .. page[i], 'loss')
end
local last = #page > 0 and page[#page] or nil
if last and dropped == 0 then
  last = string.format('%.0f', tonumber(last) + 1) -- all of that moment was seen
end
if last then
  redis.call('HSET', account, 'retained', last)
end
local waiting = redis.call('ZRANGEBYSCORE', 'held:' .. aid, '-inf', '(' .. before, 'LIMIT', 0, PAGE)
for _, hash in ipairs(waiting) do
  object_remove(hash, now)
end
return {seen + #waiting, dropped, #waiting}
