-- ARGV: now put_off_until
-- The next look at a public copy that is due: {account, post, host, url, post id}; nothing when none is. A host is looked at once
-- a minute at most; what comes too soon is put off. The look is put off too, until its result is told.
local due = redis.call('ZRANGEBYSCORE', 'copy_checks', '-inf', ARGV[1], 'LIMIT', 0, 16)
for _, name in ipairs(due) do
  local an, p, host = name:match('^(%d+):(%d+):(%d+)$')
  local known = redis.call('HGET', 'copy_url:' .. an .. ':' .. p, host)
  if not known then
    redis.call('ZREM', 'copy_checks', name)
  else
    redis.call('ZADD', 'copy_checks', ARGV[2], name)
    if redis.call('SET', 'copy_host:' .. host, 1, 'NX', 'EX', 60) then
      local url, post = known:match('^(%S+) (%S+)$')
      return {an, p, host, url, post}
    end
  end
end
return {}
