-- ARGV: session_key
-- Returns whose ("operator" or an AID), form, said, wrong; what was said is told once. Nothing when there is no such session.
local session = redis.call('HMGET', ARGV[1], 'whose', 'form', 'said', 'wrong')
if not session[1] then
  return {}
end
if session[3] then
  redis.call('HDEL', ARGV[1], 'said', 'wrong')
end
return {session[1], session[2], session[3] or '', session[4] or ''}
