-- ARGV: aid oid stamp tag document milliseconds
local key = 'rendered:' .. ARGV[1] .. ':' .. ARGV[2]
redis.call('HSET', key, 'stamp', ARGV[3], 'tag', ARGV[4], 'document', ARGV[5])
redis.call('PEXPIRE', key, ARGV[6])
return 1
