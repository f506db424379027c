-- No ARGV. What waits just now: name value …
-- include health
local lanes, queue = health_lanes()
local parked, failing = 0, 0
local hosts = redis.call('ZRANGE', 'probes', 0, 999)
for _, host in ipairs(hosts) do
  parked = parked + redis.call('SCARD', 'parked:' .. host)
  if (redis.call('HGET', 'host:' .. host, 'state') or 'healthy') == 'open' then
    failing = failing + 1
  end
end
local oldest = redis.call('ZRANGE', 'deletes_owed', 0, 0, 'WITHSCORES')
return {'deliveries_waiting', queue, 'lanes_ready', lanes, 'lanes_parked', parked, 'fanouts', redis.call('ZCARD', 'fanouts'),
  'inbox_waiting', health_inbox(), 'hosts_failing', failing, 'hosts_dead', redis.call('ZCARD', 'dead_hosts'), 'deletes_owed',
  redis.call('ZCARD', 'deletes_owed'), 'oldest_delete', oldest[2] or '0', 'reports_open', redis.call('ZCARD', 'reports_open'), 'workers',
  redis.call('SCARD', 'workers')}
