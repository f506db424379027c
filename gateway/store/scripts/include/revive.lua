-- A host that was given up is probed now; one that was dead is taken for living again. Needs lanes. Returns whether it was given up.
local function host_revive(host, now)
  local key = 'host:' .. host
  local state = redis.call('HGET', key, 'state')
  if state ~= 'open' and state ~= 'dead' then
    return false
  end
  if state == 'dead' then
    redis.call('HSET', key, 'state', 'open', 'bad_days', '0')
    redis.call('HDEL', key, 'probe_wait', 'last_bad_day', 'expiry')
    redis.call('ZREM', 'dead_hosts', host)
  end
  redis.call('HSET', key, 'open_until', now)
  if host_awaited(host) then
    redis.call('ZADD', 'probes', now, host)
  end
  return true
end
