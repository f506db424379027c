-- ARGV: account post
-- 180 days after its Delete a post's exposure and the evidence go; the tombstone stays.
-- include evidence
local an, p = ARGV[1], ARGV[2]
local name = an .. ':' .. p
if p == '0' then
  redis.call('UNLINK', 'account_hosts:' .. an)
else
  local bucket, slot = 'exposure:' .. an .. ':' .. math.floor(tonumber(p) / 100), tostring(tonumber(p) % 100)
  local known = redis.call('HGET', bucket, slot) or ''
  redis.call('HDEL', bucket, slot)
  if known:sub(1, 1) == '=' then
    local set = 'exposure_set:' .. known:sub(2)
    if redis.call('HINCRBY', set, 'refs', -1) <= 0 then
      redis.call('HDEL', 'exposure_set_ids', redis.call('HGET', set, 'digest'))
      redis.call('UNLINK', set)
    end
  end
end
local evidence = redis.call('HGETALL', 'delete_state:' .. name)
for i = 1, #evidence, 2 do
  evidence_count(an, evidence[i], evidence[i + 1]:sub(1, 1), -1)
end
redis.call('UNLINK', 'copy_url:' .. name, 'exposing:' .. name, 'exposure_why:' .. name, 'delete_state:' .. name)
redis.call('SREM', 'compactions', name)
redis.call('ZREM', 'expiries', name)
return 1
