-- ARGV: aid actor domain cursor
-- A page of the permissions to quote posts of the account that a person (actor) or people of a server (domain) have. Returns the
-- next cursor, then quote_oid and actor of each.
-- include separation
local actor, domain = ARGV[2], ARGV[3]
local page = redis.call('HSCAN', 'quoters:' .. ARGV[1], ARGV[4], 'COUNT', 100)
local found = {page[1]}
for i = 1, #page[2], 2 do
  local quoter = page[2][i + 1]
  if quoter == actor or (domain ~= '' and is_below(actor_domain(quoter), domain)) then
    found[#found + 1] = page[2][i]
    found[#found + 1] = quoter
  end
end
return found
