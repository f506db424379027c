-- ARGV: aid actor actor_hash accepted("1"|"0") now
-- What the followed one said. Returns 1 when that is news, 0 when it is known or nobody asked.
-- include following
local aid, actor = ARGV[1], ARGV[2]
local known = following_read(aid, actor)
local state = ARGV[4] == '1' and 'accepted' or 'rejected'
if not known or known.state == state then
  return 0
end
local told = {state = state, asked = known.asked, decided = ARGV[5], times = known.times, inbox = known.inbox}
following_write(aid, actor, ARGV[3], known, told, ARGV[5])
return 1
