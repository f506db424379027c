-- What is known of a Delete at one host, a field of delete_state:AN:P: "S CODE TIME" holds now, then what was before and what
-- stands beside it, " X:CODE:TIME:COUNT:REASON", each letter X once.
-- S: q queued, a accepted, r refused, v observed (it fetched our 410), n no inbox known. Beside: t the last try in vain and how
-- many there were; g, s, c what looks at its public copy showed: gone, still there, cannot be told.
local COPY_CHECK_AFTER = 600000

local function evidence_read(an, p, host)
  local known = redis.call('HGET', 'delete_state:' .. an .. ':' .. p, host)
  if not known then
    return nil
  end
  local state, code, time, beside = known:match('^(%a) (%d+) (%d+)(.*)$')
  return {state = state, code = code, time = time, beside = beside}
end

local function evidence_write(an, p, host, known)
  redis.call('HSET', 'delete_state:' .. an .. ':' .. p, host,
    known.state .. ' ' .. known.code .. ' ' .. known.time .. known.beside)
end

local function evidence_count(an, host, state, by)
  redis.call('HINCRBY', 'delete_counts', state, by)
  redis.call('HINCRBY', 'delete_counts:' .. an, state, by)
  if state == 'q' and redis.call('HINCRBY', 'deletes_waiting', host, by) <= 0 then
    redis.call('HDEL', 'deletes_waiting', host)
  end
end

local function evidence_without(beside, letter)
  return (beside:gsub(' ' .. letter .. ':%S*', ''))
end

local function evidence_beside(known, letter, code, now, reason)
  local count = tonumber(known.beside:match(' ' .. letter .. ':%d+:%d+:(%d+)') or '0') + 1
  local word = reason:gsub('[^%w]+', '_'):sub(1, 40)
  known.beside = evidence_without(known.beside, letter) .. ' ' .. letter .. ':' .. code .. ':' .. now .. ':' .. count .. ':' .. word
end

-- A new state; the one before is kept beside it.
local function evidence_state(an, p, host, state, code, now)
  local known = evidence_read(an, p, host)
  if known then
    local beside = evidence_without(known.beside, state)
    if known.state ~= state then
      beside = evidence_without(beside, known.state) .. ' ' .. known.state .. ':' .. known.code .. ':' .. known.time .. ':1:'
      evidence_count(an, host, known.state, -1)
      evidence_count(an, host, state, 1)
    end
    known = {state = state, code = code, time = now, beside = beside}
  else
    known = {state = state, code = code, time = now, beside = ''}
    evidence_count(an, host, state, 1)
  end
  evidence_write(an, p, host, known)
end

local function takes_back(activity)
  return activity.kind == 'delete' or activity.kind == 'undo' or activity.kind == 'leave'
end

-- A receipt outlives what comes after it; an answer that comes after the host was seen to know stands beside that.
local function delete_note(activity, host, state, code, now)
  if not takes_back(activity) then
    return
  end
  local known = evidence_read(activity.an, activity.p, host)
  local first = known and known.state
  if first == 'v' and (state == 'a' or state == 'r') and not known.beside:find(' ' .. state .. ':', 1, true) then
    evidence_beside(known, state, code, now, '')
    evidence_write(activity.an, activity.p, host, known)
  end
  if first == 'v' or (first == 'a' and state ~= 'a') then
    return
  end
  evidence_state(activity.an, activity.p, host, state, code, now)
  if state == 'q' and tonumber(redis.call('HGET', 'host:' .. host, 'software_next') or '0') <= tonumber(now) then
    redis.call('SADD', 'software_wanted', host)
  end
  if state == 'a' and redis.call('HEXISTS', 'copy_url:' .. activity.an .. ':' .. activity.p, host) == 1 then
    redis.call('ZADD', 'copy_checks', 'NX', string.format('%.0f', tonumber(now) + COPY_CHECK_AFTER),
      activity.an .. ':' .. activity.p .. ':' .. host)
  end
end

-- A try in vain: why a Delete is not answered yet, or was given up.
local function delete_note_failure(activity, host, code, now, reason)
  local known = takes_back(activity) and evidence_read(activity.an, activity.p, host)
  if known then
    evidence_beside(known, 't', code, now, reason)
    evidence_write(activity.an, activity.p, host, known)
  end
end
