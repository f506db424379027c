-- ARGV: aid cursor
-- Who wrote what is shown to an account, a page of some 200 objects a call. Returns the next cursor ("0" at the end) and actor ids, each once.
local page = redis.call('ZSCAN', 'inbound:' .. ARGV[1], ARGV[2], 'COUNT', 200)
local seen, out = {}, {page[1]}
for i = 1, #page[2], 2 do
  local actor = redis.call('HGET', 'remote_object:' .. page[2][i], 'actor')
  if actor and not seen[actor] then
    seen[actor] = true
    out[#out + 1] = actor
  end
end
return out
