-- ARGV: aid from to now
-- Moves the consent state on when it is what the caller thinks, and writes the audit trail. Returns 1 if it moved.
local key = 'account:' .. ARGV[1]
if redis.call('HGET', key, 'state') ~= ARGV[2] then
  return 0
end
redis.call('HSET', key, 'state', ARGV[3], 'state_since', ARGV[4])
redis.call('RPUSH', 'audit:' .. ARGV[1], ARGV[4] .. ' ' .. ARGV[2] .. ' ' .. ARGV[3])
redis.call('LTRIM', 'audit:' .. ARGV[1], -1000, -1)
return 1
