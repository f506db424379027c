-- ARGV: account post known_field known_count field digest bytes
-- Puts the compact form in place of what it was made from, if that is still what is there: the field it read (bytes) and the
-- number of hosts that were noted since. `digest` "": the field holds the bytes themselves; else equal sets are kept once.
-- Returns 1 when it was done.
local an, p = ARGV[1], ARGV[2]
local bucket, slot = 'exposure:' .. an .. ':' .. math.floor(tonumber(p) / 100), tostring(tonumber(p) % 100)
local overlay = 'exposing:' .. an .. ':' .. p
local known = redis.call('HGET', bucket, slot) or ''
if known ~= ARGV[3] or redis.call('SCARD', overlay) ~= tonumber(ARGV[4]) then
  return 0
end

local function release(id)
  if redis.call('HINCRBY', 'exposure_set:' .. id, 'refs', -1) <= 0 then
    redis.call('HDEL', 'exposure_set_ids', redis.call('HGET', 'exposure_set:' .. id, 'digest'))
    redis.call('UNLINK', 'exposure_set:' .. id)
  end
end

local function keep(digest, bytes)
  local id = redis.call('HGET', 'exposure_set_ids', digest)
  if not id then
    id = tostring(redis.call('INCR', 'sequence:exposure_set'))
    redis.call('HSET', 'exposure_set_ids', digest, id)
    redis.call('HSET', 'exposure_set:' .. id, 'digest', digest, 'bytes', bytes)
  end
  redis.call('HINCRBY', 'exposure_set:' .. id, 'refs', 1)
  return '=' .. id
end

local field = ARGV[6] == '' and ARGV[5] or keep(ARGV[6], ARGV[7])
if field == '' then
  redis.call('HDEL', bucket, slot)
else
  redis.call('HSET', bucket, slot, field)
end
if known:sub(1, 1) == '=' then
  release(known:sub(2))
end
redis.call('UNLINK', overlay)
redis.call('SREM', 'compactions', an .. ':' .. p)
return 1
