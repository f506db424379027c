-- ARGV: first_minute last_minute
-- For each minute that is known: minute queue inbox delivered refused retried unreached lag received turned.
local out = {}
for minute = tonumber(ARGV[1]), tonumber(ARGV[2]) do
  local v = redis.call('HMGET', 'health:' .. string.format('%d', minute), 'queue', 'inbox', 'delivered', 'refused', 'retried', 'unreached',
    'lag', 'received', 'turned')
  if v[1] then
    out[#out + 1] = string.format('%d', minute)
    for k = 1, 9 do
      out[#out + 1] = v[k] or '0'
    end
  end
end
return out
