-- ARGV: same_hash now source open_max open_max_of_source pass("1"|"0") trace, then field value …
-- Keeps a report that waits for the operator. One that says the same as an open one is counted there. Returns {id, outcome}: kept,
-- again, full (too many are open) or crowded (too many of this source are).
-- include reports
local same, now, source = 'report_same:' .. ARGV[1], tonumber(ARGV[2]), ARGV[3]
local known = redis.call('GET', same)
if known and redis.call('HGET', 'report:' .. known, 'state') == 'open' then
  redis.call('HINCRBY', 'report:' .. known, 'times', 1)
  redis.call('HSET', 'report:' .. known, 'last', ARGV[2])
  if ARGV[6] == '1' and (redis.call('HGET', 'report:' .. known, 'passed') or '') == '' then
    report_pass(known, ARGV[2], ARGV[7])
  end
  return {known, 'again'}
end
reports_expire(now)
local outcome
if redis.call('ZCARD', 'reports_open') >= tonumber(ARGV[4]) then
  outcome = 'full'
elseif tonumber(redis.call('HGET', 'reports_open_by', source) or '0') >= tonumber(ARGV[5]) then
  outcome = 'crowded'
end
if outcome then
  redis.call('INCR', 'counter:reports_dropped')
  return {'', outcome}
end
local id = tostring(redis.call('INCR', 'sequence:report'))
redis.call('HSET', 'report:' .. id, 'state', 'open', 'time', ARGV[2], 'last', ARGV[2], 'times', 1, 'source', source, 'same', ARGV[1],
  unpack(ARGV, 8))
redis.call('SET', same, id)
redis.call('ZADD', 'reports_open', ARGV[2], id)
redis.call('HINCRBY', 'reports_open_by', source, 1)
redis.call('INCR', 'counter:reports_' .. redis.call('HGET', 'report:' .. id, 'direction'))
if ARGV[6] == '1' then
  report_pass(id, ARGV[2], ARGV[7])
end
return {id, 'kept'}
