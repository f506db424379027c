-- ARGV: aid cursor
-- A page of some 100 whom the account follows or asked. Returns the next cursor ("0" at the end), then for each: actor, what is kept
-- (include/following), and of the server software, version, state.
local page = redis.call('HSCAN', 'following:' .. ARGV[1], ARGV[2], 'COUNT', 100)
local out = {page[1]}
for i = 1, #page[2], 2 do
  local actor = page[2][i]
  local number = redis.call('HGET', 'host_numbers', (actor:match('^%a+://[^/?#]+') or ''):lower())
  local host = redis.call('HMGET', 'host:' .. (number or ''), 'software', 'software_version', 'state')
  out[#out + 1] = actor
  out[#out + 1] = page[2][i + 1]
  out[#out + 1] = host[1] or ''
  out[#out + 1] = host[2] or ''
  out[#out + 1] = host[3] or 'healthy'
end
return out
