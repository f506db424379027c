-- What waits just now. A lane is six lists; past 500 lanes the rest is taken to be like the first.
local LANES_COUNTED = 500

local function health_lanes()
  local lanes = redis.call('ZRANGE', 'ready', 0, LANES_COUNTED - 1)
  local waiting = 0
  for _, lane in ipairs(lanes) do
    for priority = 0, 5 do
      waiting = waiting + redis.call('LLEN', 'lane:' .. lane .. ':' .. priority)
    end
  end
  local all = redis.call('ZCARD', 'ready')
  if all > #lanes and #lanes > 0 then
    waiting = math.floor(waiting * all / #lanes)
  end
  return all, waiting + redis.call('ZCARD', 'delays')
end

local function health_inbox()
  local waiting = 0
  for queue = 0, 3 do
    waiting = waiting + redis.call('XLEN', 'work:inbox:' .. queue)
  end
  return waiting
end
