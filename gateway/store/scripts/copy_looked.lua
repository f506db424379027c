-- ARGV: account post host letter(g gone|s still there|c cannot tell) code now again_at
-- What a look at a public copy showed. It is looked at twice at most, and not again once nothing is there.
-- include evidence
local an, p, host, letter = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local name = an .. ':' .. p .. ':' .. host
local known = evidence_read(an, p, host)
local looks = 1
if known then
  for _, each in ipairs({'g', 's', 'c'}) do
    looks = looks + tonumber(known.beside:match(' ' .. each .. ':%d+:%d+:(%d+)') or '0')
  end
  evidence_beside(known, letter, ARGV[5], ARGV[6], '')
  evidence_write(an, p, host, known)
end
if not known or looks >= 2 or letter == 'g' then
  redis.call('ZREM', 'copy_checks', name)
else
  redis.call('ZADD', 'copy_checks', ARGV[7], name)
end
return looks
