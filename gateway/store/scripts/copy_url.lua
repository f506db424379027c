-- ARGV: aid oid origin url post_id
-- Where a host shows a post of ours to strangers, as it told us itself; the first is kept. With an empty url it is forgotten.
-- Returns 1 when something changed.
local an = redis.call('HGET', 'account:' .. ARGV[1], 'number')
local p = redis.call('HGET', 'post:' .. ARGV[1] .. ':' .. ARGV[2], 'number')
local host = redis.call('HGET', 'host_numbers', ARGV[3])
if not an or not p or not host then
  return 0
end
local key = 'copy_url:' .. an .. ':' .. p
if ARGV[4] == '' then
  return redis.call('HDEL', key, host)
end
return redis.call('HSETNX', key, host, ARGV[4] .. ' ' .. ARGV[5])
