-- ARGV: hash name aid now
-- Keeps a token of the admin API by its hash. Returns 0 when the name is taken.
for _, text in ipairs(redis.call('HVALS', 'tokens')) do
  if cjson.decode(text).name == ARGV[2] then
    return 0
  end
end
redis.call('HSET', 'tokens', ARGV[1], cjson.encode({name = ARGV[2], account = ARGV[3], created = tonumber(ARGV[4])}))
return 1
