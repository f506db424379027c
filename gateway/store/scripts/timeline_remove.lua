-- ARGV: actor actor_hash platform now cursor
-- Nobody on the platform follows the actor any more: what was shown there for that alone goes, a page of some 200 a call. Returns the
-- next cursor ("0" at the end, and when somebody follows again).
-- include threads
-- include objects
local actor, platform, now = ARGV[1], ARGV[3], ARGV[4]
if redis.call('HEXISTS', 'followed:' .. ARGV[2], platform) == 1 then
  return '0'
end
local page = redis.call('SSCAN', 'objects_of:' .. actor, ARGV[5], 'COUNT', 200)
for _, hash in ipairs(page[2]) do
  local known = redis.call('HMGET', 'remote_object:' .. hash, 'state', 'aid', 'platform')
  if known[1] == 'live' and known[2] == '' and known[3] == platform then
    object_remove(hash, now)
  end
end
return page[1]
