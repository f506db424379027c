-- account_hosts:AN: a set of host numbers as a hash of 512-bit pieces, so that few hosts take few bytes and
-- many take an eighth of a byte each.
local function account_expose_all(account, hosts)
  local key, pieces, changed = 'account_hosts:' .. account, {}, {}
  for _, host in ipairs(hosts) do
    local number = tonumber(host)
    local piece = tostring(math.floor(number / 512))
    local byte, mask = math.floor(number % 512 / 8) + 1, 2 ^ (number % 8)
    local bits = pieces[piece] or redis.call('HGET', key, piece) or ''
    local old = bits:byte(byte) or 0
    if math.floor(old / mask) % 2 == 0 then
      bits = bits .. string.rep('\0', byte - #bits)
      bits = bits:sub(1, byte - 1) .. string.char(old + mask) .. bits:sub(byte + 1)
      changed[piece] = bits
    end
    pieces[piece] = bits
  end
  for piece, bits in pairs(changed) do
    redis.call('HSET', key, piece, bits)
  end
end

local function account_expose(account, host)
  account_expose_all(account, {host})
end

-- Why beyond plain delivery: one letter each, kept once.
local function expose_why(account, post, host, letter)
  local key = 'exposure_why:' .. account .. ':' .. post
  local known = redis.call('HGET', key, host) or ''
  if not known:find(letter, 1, true) then
    redis.call('HSET', key, host, known .. letter)
  end
end

local function expose(account, post, host)
  redis.call('SADD', 'exposing:' .. account .. ':' .. post, host)
  account_expose(account, host)
end
