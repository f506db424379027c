-- ARGV: authority public private
-- The Ed25519 key by which a host's instance actor vouches for documents, made once: whoever is first, all read the same one.
-- With an empty public key nothing is made. Returns both halves, '' when there is none.
local key = 'instance_proof_key:' .. ARGV[1]
if ARGV[2] ~= '' and redis.call('EXISTS', key) == 0 then
  redis.call('HSET', key, 'public', ARGV[2], 'private', ARGV[3])
end
local v = redis.call('HMGET', key, 'public', 'private')
return {v[1] or '', v[2] or ''}
