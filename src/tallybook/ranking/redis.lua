-- A ranking in Redis: everything it does is one call of this script, so that nobody sees a half of anything.
--
-- KEYS[1] is what every key begins with, ARGV[1] what is to be done, ARGV[2] a list (but for `apply`). The
-- answer is one packed string, as many small replies cost a client more than the ranking itself.
--
--   stretches  {first, last, first, last ...}: see coverage.py
--   used       a sorted set of lists by the position they last answered for
--   z:LIST     a sorted set of entries (key + member) with equal scores, which Redis sorts with memcmp
--   k:LIST     a hash of member to key
--   m:LIST     a hash: `size` of both, to notice when Redis evicted one; `loaded` and `changed`, or while the
--              list is being loaded `loader` and `until` (seconds); and for each member with a change that
--              waits to be taken in (known by its length) version and key of that
local call = redis.call
local prefix, todo, list = KEYS[1], ARGV[1], ARGV[2]
local MEMBER, KEY, TIED, VERSION = 16, 24, 16, 8
local CHANGE = VERSION + MEMBER + KEY
local FIELDS = 3 -- of m:LIST when nothing waits
local STRETCHES = 32
local PATIENCE = 10 -- seconds without a chunk, after which somebody else may load the list
local EMPTY = 10 -- members' worth of memory that a list takes without any
local DONE, REFUSED = struct.pack('>i8', 1), struct.pack('>i8', 0)
local ABSENT, BEHIND = struct.pack('>i8', -1), struct.pack('>i8', -2)

local function keys(of)
  return prefix .. 'z:' .. of, prefix .. 'k:' .. of, prefix .. 'm:' .. of
end

local function stretches()
  local packed = call('GET', prefix .. 'stretches')
  return packed and cmsgpack.unpack(packed) or {}
end

-- The last position up to which everything after this one has arrived.
local function from_here(known, position)
  for i = #known - 1, 1, -2 do
    if known[i] <= position and position <= known[i + 1] then return known[i + 1] end
  end
end

local function add(known, first, last)
  local before, behind = {}, {}
  for i = 1, #known, 2 do
    local into = known[i + 1] < first and before or last < known[i] and behind
    if into then
      into[#into + 1] = known[i]
      into[#into + 1] = known[i + 1]
    else
      first, last = math.min(first, known[i]), math.max(last, known[i + 1])
    end
  end
  before[#before + 1] = first
  before[#before + 1] = last
  for _, position in ipairs(behind) do before[#before + 1] = position end
  while #before > 2 * STRETCHES do table.remove(before, 1) end
  call('SET', prefix .. 'stretches', cmsgpack.pack(before))
end

local function forget(of)
  call('UNLINK', keys(of))
  call('ZREM', prefix .. 'used', of)
end

local function seconds()
  return tonumber(call('TIME')[1])
end

local function intact(z, k, size)
  size = tonumber(size)
  return call('ZCARD', z) == size and call('HLEN', k) == size
end

-- Give a member this key; an empty one takes it off the list.
local function put(z, k, member, key)
  local old = call('HGET', k, member)
  if old == key then return end
  if old then call('ZREM', z, old .. member) end
  if key ~= '' then
    call('ZADD', z, 0, key .. member)
    call('HSET', k, member, key)
  elseif old then
    call('HDEL', k, member)
  end
end

-- Note that the list has changed, by the event at this position.
local function touch(z, m, position)
  if tonumber(call('HGET', m, 'changed')) < position then call('HSET', m, 'changed', position) end
  call('HSET', m, 'size', call('ZCARD', z))
end

-- Take in what has waited, now that nothing before it is missing.
local function settle(z, k, m)
  if call('HLEN', m) == FIELDS then return end
  local fields, newest = call('HGETALL', m), 0
  for i = 1, #fields, 2 do
    if #fields[i] == MEMBER then
      put(z, k, fields[i], fields[i + 1]:sub(VERSION + 1))
      newest = math.max(newest, (struct.unpack('>i8', fields[i + 1])))
      call('HDEL', m, fields[i])
    end
  end
  touch(z, m, newest)
end

local function wait(m, member, key, version)
  local waiting = call('HGET', m, member)
  if not waiting or struct.unpack('>i8', waiting) <= version then
    call('HSET', m, member, struct.pack('>i8', version) .. key)
  end
end

-- The list's position, size and last change, if it can answer somebody who has heard of position `heard`; else
-- nil and why not.
local function open(of, heard)
  local z, k, m = keys(of)
  local meta = call('HMGET', m, 'loaded', 'changed', 'size')
  if not meta[1] then return nil, ABSENT end
  local known = stretches()
  local reach = known[#known]
  if not reach or from_here(known, tonumber(meta[1])) ~= reach then return nil, BEHIND end
  if reach < heard or reach < tonumber(meta[2]) then return nil, BEHIND end
  if not intact(z, k, meta[3]) then return nil, ABSENT end
  settle(z, k, m)
  call('ZADD', prefix .. 'used', reach, of)
  return reach, call('ZCARD', z), call('HGET', m, 'changed')
end

local function better(z, key)
  return call('ZLEXCOUNT', z, '-', '(' .. key:sub(1, TIED))
end

-- The changes in a string of version (negative: the member has left), member and key, newer than a position.
local function each_change(packed, newer)
  local at = 1 - CHANGE
  return function()
    repeat
      at = at + CHANGE
      if at > #packed then return end
      local version = struct.unpack('>i8', packed, at)
      local member = packed:sub(at + VERSION, at + VERSION + MEMBER - 1)
      local key = version < 0 and '' or packed:sub(at + VERSION + MEMBER, at + CHANGE - 1)
      version = math.abs(version)
      if version > newer then return version, member, key end
    until false
  end
end

-- apply AFTER UPTO (list changes) ...: for each change the rank that it has led to, 0 where that is not known
if todo == 'apply' then
  local after, upto, known, ranks = tonumber(ARGV[2]), tonumber(ARGV[3]), stretches(), {}
  for i = 4, #ARGV, 2 do
    local of, changes = ARGV[i], ARGV[i + 1]
    local z, k, m = keys(of)
    local meta = call('HMGET', m, 'loaded', 'size', 'loader')
    local settled = meta[1] and from_here(known, tonumber(meta[1]))
    local newer = math.huge -- the changes behind it were taken in
    if meta[1] and (not settled or not intact(z, k, meta[2])) then
      forget(of)
    elseif settled and settled == known[#known] and after <= settled then
      settle(z, k, m)
      local newest = 0
      for version, member, key in each_change(changes, settled) do
        put(z, k, member, key)
        newest = math.max(newest, version)
      end
      touch(z, m, newest)
      newer = settled
    elseif settled or meta[3] then
      for version, member, key in each_change(changes, settled or -1) do wait(m, member, key, version) end
    end
    for version, _, key in each_change(changes, -1) do
      ranks[#ranks + 1] = struct.pack('>i8', version > newer and key ~= '' and better(z, key) + 1 or 0)
    end
  end
  add(known, after, upto)
  return table.concat(ranks)
end

-- begin LIST TOKEN HEARD
if todo == 'begin' then
  if open(list, tonumber(ARGV[4])) then return DONE end
  local _, _, m = keys(list)
  local busy = call('HGET', m, 'until')
  if busy and seconds() < tonumber(busy) then return REFUSED end
  forget(list)
  call('HSET', m, 'loader', ARGV[3], 'until', seconds() + PATIENCE, 'size', 0)
  call('ZADD', prefix .. 'used', ARGV[4], list) -- a loader that dies leaves nothing that stays
  return BEHIND
end

-- fill LIST TOKEN entries
if todo == 'fill' then
  local z, k, m = keys(list)
  local meta = call('HMGET', m, 'loader', 'size')
  if meta[1] ~= ARGV[3] or not intact(z, k, meta[2]) then return REFUSED end
  local entries, members, fields, scored = ARGV[4], {}, {}, {}
  for at = 1, #entries, KEY + MEMBER do
    local n, member = #members + 1, entries:sub(at + KEY, at + KEY + MEMBER - 1)
    members[n] = member
    fields[2 * n - 1], fields[2 * n] = member, entries:sub(at, at + KEY - 1)
    scored[2 * n - 1], scored[2 * n] = 0, entries:sub(at, at + KEY + MEMBER - 1)
  end
  for n, old in ipairs(call('HMGET', k, unpack(members))) do
    if old then call('ZREM', z, old .. members[n]) end
  end
  call('HSET', k, unpack(fields))
  call('ZADD', z, unpack(scored))
  call('HSET', m, 'size', call('ZCARD', z), 'until', seconds() + PATIENCE)
  return DONE
end

-- finish LIST TOKEN LOADED CHANGED MOST
if todo == 'finish' then
  local z, k, m = keys(list)
  local meta, loaded = call('HMGET', m, 'loader', 'size'), tonumber(ARGV[4])
  if meta[1] ~= ARGV[3] or not intact(z, k, meta[2]) then return REFUSED end
  local fields = call('HGETALL', m)
  for i = 1, #fields, 2 do
    local waits = #fields[i] == MEMBER
    if waits and struct.unpack('>i8', fields[i + 1]) <= loaded then call('HDEL', m, fields[i]) end
  end
  call('HDEL', m, 'loader', 'until')
  call('HSET', m, 'loaded', ARGV[4], 'changed', ARGV[5])
  add(stretches(), loaded, loaded)
  call('ZADD', prefix .. 'used', loaded, list)
  local lists, members = call('ZRANGE', prefix .. 'used', 0, -1), 0
  for _, each in ipairs(lists) do members = members + EMPTY + call('ZCARD', (keys(each))) end
  for _, each in ipairs(lists) do
    if members <= tonumber(ARGV[6]) then break end
    if each ~= list then
      members = members - EMPTY - call('ZCARD', (keys(each)))
      forget(each)
    end
  end
  return DONE
end

-- drop LIST
if todo == 'drop' then
  forget(list)
  return DONE
end

-- What follows reads: LIST HEARD ...
local reach, total, changed = open(list, tonumber(ARGV[3]))
if not reach then return total end
local z, k = keys(list)

-- rank LIST HEARD member ...: for each place (-1: not in the list), better ones and key
if todo == 'rank' then
  local answer = { struct.pack('>i8i8', reach, total) }
  for i = 4, #ARGV do
    local key = call('HGET', k, ARGV[i])
    local place = key and call('ZRANK', z, key .. ARGV[i])
    answer[#answer + 1] = struct.pack('>i8i8', place or -1, place and better(z, key) or 0)
    answer[#answer + 1] = key or ('\0'):rep(KEY)
  end
  return table.concat(answer)
end

-- changed LIST HEARD
if todo == 'changed' then return struct.pack('>i8i8', reach, tonumber(changed)) end

-- ranks LIST HEARD (KEY MEMBER) ...: for each how many others are better than the key
if todo == 'ranks' then
  local answer = { struct.pack('>i8i8', reach, total) }
  for i = 4, #ARGV, 2 do
    local found, key = better(z, ARGV[i]), call('HGET', k, ARGV[i + 1])
    -- A member who has another key by now may be among them.
    if key and key ~= ARGV[i] and call('ZRANK', z, key .. ARGV[i + 1]) < found then found = found - 1 end
    answer[#answer + 1] = struct.pack('>i8', found)
  end
  return table.concat(answer)
end

-- count LIST HEARD [FROM MEMBER]: those from this limit of ZLEXCOUNT on, besides a member; else all
if todo == 'count' then
  if not ARGV[4] then return struct.pack('>i8i8', reach, total) end
  local found, key = call('ZLEXCOUNT', z, ARGV[4], '+'), call('HGET', k, ARGV[5])
  local counted = key and call('ZRANK', z, key .. ARGV[5]) >= total - found
  return struct.pack('>i8i8', reach, counted and found - 1 or found)
end

-- page LIST HEARD LIMIT ('from' OFFSET | 'after' ENTRY | 'around' MEMBER): start, how many are better than the
-- first, entries
local limit, start = tonumber(ARGV[4]), nil
if ARGV[5] == 'from' then
  start = tonumber(ARGV[6])
elseif ARGV[5] == 'after' then
  start = call('ZLEXCOUNT', z, '-', '[' .. ARGV[6])
else
  local key = call('HGET', k, ARGV[6])
  if not key then return struct.pack('>i8i8i8', reach, total, -1) end
  local place = call('ZRANK', z, key .. ARGV[6])
  start = math.max(0, math.min(place - math.floor(limit / 2), total - limit))
end
local entries = call('ZRANGE', z, start, start + limit - 1)
local ahead = entries[1] and better(z, entries[1]) or 0
return struct.pack('>i8i8i8i8', reach, total, start, ahead) .. table.concat(entries)
