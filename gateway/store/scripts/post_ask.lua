-- ARGV: aid oid now wait
-- Whoever wrote what the post quotes was asked for permission: its Create waits a moment for the answer.
local aid, oid = ARGV[1], ARGV[2]
local key = 'post:' .. aid .. ':' .. oid
if redis.call('HGET', key, 'state') ~= 'live' or redis.call('HSETNX', key, 'asked', ARGV[3]) == 0 then
  return 0
end
redis.call('ZADD', 'publish_due', 'NX', string.format('%.0f', tonumber(ARGV[3]) + tonumber(ARGV[4])), aid .. ':' .. oid)
return 1
