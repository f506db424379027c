-- ARGV: aid entry
-- What was done through a door, the last 1,000; aid '' is the installation.
local key = 'acts:' .. ARGV[1]
redis.call('RPUSH', key, ARGV[2])
redis.call('LTRIM', key, -1000, -1)
return 1
