-- ARGV: aid cursor
-- A page of some 100 followers. Returns the next cursor ("0" at the end), then for each: actor, since (s; '' when not known), and of its
-- server software, version, state; and whether the account follows back: no, asked, accepted, rejected.
-- include follows
-- include following
local page = redis.call('HSCAN', 'followers:' .. ARGV[1], ARGV[2], 'COUNT', 100)
local out = {page[1]}
for i = 1, #page[2], 2 do
  local kept = page[2][i + 1]
  local inbox = redis.call('HGET', 'inboxes', kept:match('^%d+')) or ''
  local host = redis.call('HMGET', 'host:' .. (inbox:match('^%d+') or ''), 'software', 'software_version', 'state')
  out[#out + 1] = page[2][i]
  out[#out + 1] = since_seconds(kept)
  out[#out + 1] = host[1] or ''
  out[#out + 1] = host[2] or ''
  out[#out + 1] = host[3] or 'healthy'
  local following = following_read(ARGV[1], page[2][i])
  out[#out + 1] = following and following.state or 'no'
end
return out
