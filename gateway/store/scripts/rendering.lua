-- ARGV: aid oid("" for the actor) count_of_account_fields account_field… post_field…
-- The document as it was rendered lately, unless one of these fields has changed since. Returns {state, host, tag, ms left,
-- document} or nil.
local aid, oid, count = ARGV[1], ARGV[2], tonumber(ARGV[3])
local key = 'rendered:' .. aid .. ':' .. oid
local kept = redis.call('HMGET', key, 'stamp', 'tag', 'document')
if not kept[1] then
  return false
end
local account = redis.call('HMGET', 'account:' .. aid, 'state', 'host', unpack(ARGV, 4, 3 + count))
local values = {}
for i = 1, count do
  values[i] = account[i + 2] or '-'
end
if oid ~= '' then
  local post = redis.call('HMGET', 'post:' .. aid .. ':' .. oid, unpack(ARGV, 4 + count))
  for i = 1, #ARGV - 3 - count do
    values[count + i] = post[i] or '-'
  end
end
if table.concat(values, ' ') ~= kept[1] then
  return false
end
return {account[1], account[2], kept[2], redis.call('PTTL', key), kept[3]}
