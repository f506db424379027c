-- ARGV: aid oid("": the account itself) origin now
-- A host asked for what is deleted with a verified signature and got our 410: it knows. Returns 1 if that is news.
-- include evidence
local an = redis.call('HGET', 'account:' .. ARGV[1], 'number')
local host = redis.call('HGET', 'host_numbers', ARGV[3])
local p = ARGV[2] == '' and '0' or redis.call('HGET', 'post:' .. ARGV[1] .. ':' .. ARGV[2], 'number')
if not an or not host or not p then
  return 0
end
local known = evidence_read(an, p, host)
if not known or known.state == 'v' then
  return 0
end
evidence_state(an, p, host, 'v', '410', ARGV[4])
return 1
