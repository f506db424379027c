-- ARGV: aid domain cursor
-- Followers of an account on a server and below it, a page of some 200. Returns the next cursor ("0" at the end) and their actor ids.
-- include separation
local page = redis.call('HSCAN', 'followers:' .. ARGV[1], ARGV[3], 'COUNT', 200)
local out = {page[1]}
for i = 1, #page[2], 2 do
  if is_below(actor_domain(page[2][i]), ARGV[2]) then
    out[#out + 1] = page[2][i]
  end
end
return out
