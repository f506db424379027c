-- ARGV: hash object_id actor_id platform aid oid parent_hash source now updated push_chain dated("1"|"0")
-- Keeps a remote reply (new or edited) and queues its push to the platform. Returns created, updated, stale or gone.
-- include threads
local key = 'remote_object:' .. ARGV[1]
local known = redis.call('HMGET', key, 'state', 'updated', 'actor')
if known[1] == 'gone' then
  if known[3] == ARGV[3] then
    return 'gone'
  end
  redis.call('DEL', key) -- somebody else's word about an object that was not theirs
  known = {}
end
if known[1] and known[3] ~= ARGV[3] then
  return 'stale'
end
local updated, last = tonumber(ARGV[10]), tonumber(known[2] or '0')
if known[1] and ARGV[12] == '0' and updated <= last then
  updated = last + 1 -- it has no time of its own: what comes later is newer
end
if known[1] and updated <= last then
  return 'stale'
end
redis.call('HSET', key, 'state', 'live', 'id', ARGV[2], 'actor', ARGV[3], 'platform', ARGV[4], 'aid', ARGV[5], 'oid', ARGV[6],
  'parent', ARGV[7], 'source', ARGV[8], 'updated', string.format('%.0f', updated))
redis.call('HINCRBY', key, 'revision', 1)
redis.call('XADD', 'work:push:' .. ARGV[4], '*', 'chain', ARGV[11], 'data', 'object ' .. ARGV[1], 'time', ARGV[9])
if known[1] then
  return 'updated'
end
if ARGV[6] ~= '' then
  local place = ARGV[5] .. ' ' .. ARGV[6]
  thread_join(redis.call('HGET', 'post:' .. ARGV[5] .. ':' .. ARGV[6], 'root') or place, place, ARGV[1], ARGV[10])
end
return 'created'
