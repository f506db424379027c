-- ARGV: aid oid
-- Returns the fields of the account and those of the post, each as name and value in turn.
return {redis.call('HGETALL', 'account:' .. ARGV[1]), redis.call('HGETALL', 'post:' .. ARGV[1] .. ':' .. ARGV[2])}
