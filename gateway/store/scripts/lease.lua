-- ARGV: name worker ttl_ms take("1"|"0")
-- Takes or renews a lease; with take 0 gives it up. Returns 1 while the worker holds it.
local key = 'lease:' .. ARGV[1]
local holder = redis.call('GET', key)
if ARGV[4] == '0' then
  if holder == ARGV[2] then
    redis.call('DEL', key)
  end
  return 0
end
if holder and holder ~= ARGV[2] then
  return 0
end
redis.call('SET', key, ARGV[2], 'PX', ARGV[3])
return 1
