-- ARGV: aid actor follows("1"|"0")
-- 1 when the person and the account (aid '': any account) have nothing to do with each other any more.
-- include separation
return is_separated(ARGV[1], ARGV[2], ARGV[3] == '1') and 1 or 0
