-- ARGV: aid actor domain now cursor
-- Removes what a person (actor) wrote here, or what came from a server (domain) to an account; aid '' is every account's, and
-- wants a person; domain '*' is everybody. A page of some 200 a call. Returns the next cursor ("0" at the end), how many went, and the platforms that are to be told.
-- include threads
-- include objects
-- include separation
local aid, actor, domain, now = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local by_person = actor ~= ''
local page = by_person and redis.call('SSCAN', 'objects_of:' .. actor, ARGV[5], 'COUNT', 200)
  or redis.call('ZSCAN', 'inbound:' .. aid, ARGV[5], 'COUNT', 200)
local told, platforms, removed = {}, {}, 0
for i = 1, #page[2], by_person and 1 or 2 do
  local hash = page[2][i]
  local known = redis.call('HMGET', 'remote_object:' .. hash, 'state', 'actor', 'aid')
  local meant = known[1] == 'live' and (aid == '' or known[3] == aid) and (by_person or domain == '*' or is_below(actor_domain(known[2]), domain))
  if meant then
    local platform = object_remove(hash, now)
    removed = removed + 1
    if not told[platform] then
      told[platform] = true
      platforms[#platforms + 1] = platform
    end
  end
end
return {page[1], removed, unpack(platforms)}
