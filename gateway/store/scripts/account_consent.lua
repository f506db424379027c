-- ARGV: aid from to now
-- Moves the consent state on when it is what the caller thinks, and writes the audit trail; who leaves is counted no more.
-- Returns 1 if it moved.
-- Pauses are kept as "FROM-TO FROM-TO FROM-": what was written meanwhile stays home. Of many the oldest become one.
local PAUSES_MAX = 100
local key = 'account:' .. ARGV[1]
if redis.call('HGET', key, 'state') ~= ARGV[2] then
  return 0
end
redis.call('HSET', key, 'state', ARGV[3], 'state_since', ARGV[4])
local is_here = ARGV[3] == 'on' or ARGV[3] == 'paused'
redis.call(is_here and 'SADD' or 'SREM', 'present:' .. redis.call('HGET', key, 'platform'), ARGV[1])
local pauses = redis.call('HGET', key, 'pauses') or ''
if ARGV[3] == 'paused' then
  local _, count = pauses:gsub(' ', ' ')
  if count + 1 >= PAUSES_MAX then
    pauses = pauses:gsub('^(%d+)%-%d+ %d+%-', '%1-', 1)
  end
  redis.call('HSET', key, 'pauses', (pauses ~= '' and pauses .. ' ' or '') .. ARGV[4] .. '-')
elseif ARGV[2] == 'paused' then
  redis.call('HSET', key, 'pauses', pauses .. ARGV[4])
end
redis.call('RPUSH', 'audit:' .. ARGV[1], ARGV[4] .. ' ' .. ARGV[2] .. ' ' .. ARGV[3])
redis.call('LTRIM', 'audit:' .. ARGV[1], -1000, -1)
return 1
