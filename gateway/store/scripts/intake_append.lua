-- ARGV: platform cursor now count, then count times: key chain data trace
-- Queues the events of a platform's stream, each once in seven days, and commits the cursor behind them.
local queue = 'work:intake:' .. ARGV[1]
local added = 0
for i = 0, tonumber(ARGV[4]) - 1 do
  local at = 5 + i * 4
  if redis.call('SET', 'event_seen:' .. ARGV[1] .. ':' .. ARGV[at], 1, 'NX', 'EX', 604800) then
    redis.call('XADD', queue, '*', 'chain', ARGV[at + 1], 'data', ARGV[at + 2], 'time', ARGV[3], 'trace', ARGV[at + 3])
    added = added + 1
  end
end
if ARGV[2] ~= '' then
  redis.call('SET', 'cursor:' .. ARGV[1], ARGV[2])
  redis.call('HSET', 'stream:' .. ARGV[1], 'cursor_time', ARGV[3])
end
return added
