-- ARGV: id now trace
-- Hands a report on, if that was not done or did not succeed. Returns 1; 0 when it is on its way or has arrived; nothing when there is
-- none.
-- include reports
local known = redis.call('HMGET', 'report:' .. ARGV[1], 'state', 'passed')
if not known[1] then
  return false
end
if known[2] == 'queued' or known[2] == 'sent' then
  return 0
end
report_pass(ARGV[1], ARGV[2], ARGV[3])
return 1
