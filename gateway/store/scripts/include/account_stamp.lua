-- What decides whether and how a new post of the account is told, in one text (accounts.c makes it from its fields).
local function account_stamp(key)
  local values = redis.call('HMGET', key, 'state', 'host', 'name', 'revision', 'hold', 'keeps_home', 'home_marker', 'pauses')
  for i = 1, #values do
    values[i] = values[i] or ''
  end
  return table.concat(values, '|') .. '|'
end

-- Whether the queue holds one entry, and that is of this trace.
local function is_alone(queue, trace)
  local entries = redis.call('XRANGE', queue, '-', '+', 'COUNT', 2)
  local fields = #entries == 1 and entries[1][2] or {}
  for i = 1, #fields, 2 do
    if fields[i] == 'trace' then
      return fields[i + 1] == trace
    end
  end
  return false
end
