-- Conversations (FEP-7888): context:AID:OID lists what belongs to the one that this post of ours began, by time: "AID OID" of
-- our own posts, HASH of remote ones. replies:AID:OID holds both kinds too.

-- What a new post answers (a native id, or the hash of a remote object): the post of ours that began the conversation and the
-- post of ours that is answered directly, both "AID OID", '' when there is none.
local function thread_place(platform, native, hash)
  local parent, direct = '', ''
  if native ~= '' then
    parent = redis.call('HGET', 'native_post:' .. platform, native) or ''
    direct = parent
    if parent == '' then -- what an account of the operator's wrote there for somebody elsewhere
      hash = redis.call('HGET', 'remote_native:' .. platform, native) or ''
    end
  end
  if parent == '' and hash ~= '' then
    local place = redis.call('HMGET', 'remote_object:' .. hash, 'aid', 'oid')
    if place[1] and (place[2] or '') ~= '' then
      parent = place[1] .. ' ' .. place[2]
    end
  end
  if parent == '' then
    return '', ''
  end
  local aid, oid = parent:match('^(%S+) (%S+)$')
  return redis.call('HGET', 'post:' .. aid .. ':' .. oid, 'root') or parent, direct
end

local function thread_key(kind, place)
  return kind .. ':' .. place:gsub(' ', ':', 1)
end

local function thread_join(root, parent, member, published)
  if root ~= '' then
    redis.call('ZADD', thread_key('context', root), published, member)
  end
  if parent ~= '' then
    redis.call('SADD', thread_key('replies', parent), member)
  end
end

local function thread_leave(root, parent, member)
  if root ~= '' then
    redis.call('ZREM', thread_key('context', root), member)
  end
  if parent ~= '' then
    redis.call('SREM', thread_key('replies', parent), member)
  end
end
