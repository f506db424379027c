-- ARGV: cursor
-- One page of the hosts that owe an answer: {next cursor, Deletes that wait for such as are not reached}. What that means is
-- said in gateway/ledger/ledger.c (is_unreachable).
local page = redis.call('HSCAN', 'deletes_waiting', ARGV[1], 'COUNT', 500)
local waiting = 0
for i = 1, #page[2], 2 do
  local v = redis.call('HMGET', 'host:' .. page[2][i], 'state', 'down_since', 'last_reason')
  if v[2] and (v[1] == 'open' or v[1] == 'dead' or v[3] ~= 'http') then
    waiting = waiting + tonumber(page[2][i + 1])
  end
end
return {page[1], waiting}
