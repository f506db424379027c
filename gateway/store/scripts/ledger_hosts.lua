-- ARGV: account post("0": the account itself) now host*
-- What is known of hosts and of their copies: for each host origin, state, down_since, open_until, last_reason, software,
-- software_version, contact, why, evidence. Software that is not known yet is asked for.
local an, p, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local why, evidence = 'exposure_why:' .. an .. ':' .. p, 'delete_state:' .. an .. ':' .. p
local out, wanted = {}, {}
for i = 4, #ARGV do
  local v = redis.call('HMGET', 'host:' .. ARGV[i], 'origin', 'state', 'down_since', 'open_until', 'last_reason', 'software',
    'software_version', 'contact', 'software_next')
  if not v[9] or tonumber(v[9]) <= now then
    wanted[#wanted + 1] = ARGV[i]
  end
  for k = 1, 8 do
    out[#out + 1] = v[k] or ''
  end
  out[#out + 1] = redis.call('HGET', why, ARGV[i]) or ''
  out[#out + 1] = redis.call('HGET', evidence, ARGV[i]) or ''
end
if #wanted > 0 then
  redis.call('SADD', 'software_wanted', unpack(wanted))
end
return out
