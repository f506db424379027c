-- ARGV: aid host cursor
-- Followers of an account that live on a dead host, a page of them. Returns the next cursor, "0" at the end, and their actor ids.
-- include hosts
local aid, host = ARGV[1], tonumber(ARGV[2])
local audience = 'audience:' .. aid
local first, last = string.format('%.0f', host * INBOX_SPACE), string.format('(%.0f', (host + 1) * INBOX_SPACE)
if redis.call('HGET', 'host:' .. ARGV[2], 'state') ~= 'dead' or redis.call('ZCOUNT', audience, first, last) == 0 then
  return {'0'}
end
local page = redis.call('HSCAN', 'followers:' .. aid, ARGV[3], 'COUNT', 500)
local out = {page[1]}
for i = 1, #page[2], 2 do
  local score = redis.call('ZSCORE', audience, page[2][i + 1]:match('^%d+'))
  if score and math.floor(tonumber(score) / INBOX_SPACE) == host then
    out[#out + 1] = page[2][i]
  end
end
return out
