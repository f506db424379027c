-- ARGV: aid cursor
-- A page of some 100 people and servers that the account has nothing to do with. Returns the next cursor ("0" at the end), then for
-- each: "WHO SUBJECT" and since when.
local page = redis.call('HSCAN', 'blocks:' .. ARGV[1], ARGV[2], 'COUNT', 100)
local out = {page[1]}
for i = 1, #page[2] do
  out[#out + 1] = page[2][i]
end
return out
