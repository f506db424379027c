-- ARGV: name
-- Returns 1 when there was such a token.
local all = redis.call('HGETALL', 'tokens')
for i = 1, #all, 2 do
  if cjson.decode(all[i + 1]).name == ARGV[1] then
    return redis.call('HDEL', 'tokens', all[i])
  end
end
return 0
