-- Reports (Flag): report:ID is the record, reports_open and reports_closed list the ids by when they came and were closed,
-- reports_open_by counts the open ones of each source, report_same:HASH finds an open one that says the same.

local REPORT_DAYS = 90

local function report_drop(id)
  redis.call('DEL', 'report:' .. id)
  redis.call('ZREM', 'reports_closed', id)
end

-- Closed reports are kept for 90 days, and no more than 10,000 of them.
local function reports_expire(now)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'reports_closed', '-inf', now - REPORT_DAYS * 86400000, 'LIMIT', 0, 100)) do
    report_drop(id)
  end
  local over = redis.call('ZCARD', 'reports_closed') - 10000
  if over > 0 then
    for _, id in ipairs(redis.call('ZRANGE', 'reports_closed', 0, math.min(over, 100) - 1)) do
      report_drop(id)
    end
  end
end

-- Queues a report for whom it is to be handed on to: the person's server (Flag), or the platform of the account.
local function report_pass(id, now, trace)
  local key = 'report:' .. id
  local known = redis.call('HMGET', key, 'direction', 'server', 'platform')
  redis.call('HSET', key, 'passed', 'queued', 'passed_why', '', 'passed_at', now)
  if known[1] == 'out' then
    redis.call('XADD', 'work:flags', '*', 'chain', known[2] or '', 'data', id, 'time', now, 'trace', trace)
  elseif (known[3] or '') ~= '' then
    redis.call('XADD', 'work:push:' .. known[3], '*', 'chain', 'report ' .. id, 'data', 'report ' .. id, 'time', now, 'trace', trace)
  end
end
