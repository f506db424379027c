-- ARGV: aid revision source name name_on_collision
-- Stores a newer profile; a new handle takes a new NAME and leaves the old one answering. Returns 1 if anything changed.
local key = 'account:' .. ARGV[1]
local state = redis.call('HMGET', key, 'state', 'revision', 'host', 'name', 'source')
if not state[1] or state[1] == 'gone' then
  return 0
end
if state[2] and tonumber(ARGV[2]) <= tonumber(state[2]) then
  return 0
end
if state[5] == ARGV[3] then
  redis.call('HSET', key, 'revision', ARGV[2])
  return 0
end
local names, name = 'name:' .. state[3], ARGV[4]
if name ~= state[4] and ARGV[5] ~= state[4] then
  local owner = redis.call('HGET', names, name)
  if owner and owner ~= ARGV[1] then
    name = ARGV[5]
  end
  redis.call('HSET', names, name, ARGV[1])
  redis.call('HSET', key, 'name', name)
end
redis.call('HSET', key, 'revision', ARGV[2], 'source', ARGV[3])
return 1
