-- ARGV: aid hold approves("1"|"0"|"platform") authorized_fetch("1"|"0") approve_replies("off"|"first"|"all")
--       home_marker("#word"|"none") retention_days now; '' leaves a setting as it is
local key = 'account:' .. ARGV[1]
if ARGV[2] ~= '' then
  redis.call('HSET', key, 'hold', ARGV[2])
end
if ARGV[3] == 'platform' then
  redis.call('HDEL', key, 'approves')
elseif ARGV[3] ~= '' then
  redis.call('HSET', key, 'approves', ARGV[3])
end
if ARGV[4] ~= '' then
  redis.call('HSET', key, 'authorized_fetch', ARGV[4])
end
if ARGV[5] ~= '' then
  redis.call('HSET', key, 'approve_replies', ARGV[5])
end
if ARGV[6] == 'none' then
  redis.call('HDEL', key, 'home_marker')
elseif ARGV[6] ~= '' then
  redis.call('HSET', key, 'home_marker', ARGV[6])
end
if ARGV[7] == '0' then
  redis.call('HDEL', key, 'retention_days')
  redis.call('ZREM', 'retentions', ARGV[1])
elseif ARGV[7] ~= '' then
  redis.call('HSET', key, 'retention_days', ARGV[7])
  redis.call('ZADD', 'retentions', ARGV[8], ARGV[1])
end
return 1
