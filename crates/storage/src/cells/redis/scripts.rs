//! What is done in one step inside Redis. Each script touches one key.

/// ARGV: (field, version field, version, body)*. Versions are digits of fixed width, so that they
/// compare as text; Lua numbers would lose bits above 2^53. They are fence, event, fold, the last
/// one left out where it is `$FIRST`; fence, fold, event is what they are compared by.
pub(super) const PUT_IF_NEWER: &str = "
local function order(version)
  local fold = version:sub(41)
  if fold == '' then fold = '$FIRST' end
  return version:sub(1, 20) .. fold .. version:sub(21, 40)
end
local function older(a, b)
  if a:sub(41) == b:sub(41) then return a < b end
  return order(a) < order(b)
end
for i = 1, #ARGV, 4 do
  local old = redis.call('HGET', KEYS[1], ARGV[i + 1])
  if not old or older(old, ARGV[i + 2]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 3], ARGV[i + 1], ARGV[i + 2])
  end
end
return 1";

/// ARGV: expected ('' for none), new.
pub(super) const COMPARE_AND_SET: &str = "
local old = redis.call('GET', KEYS[1]) or ''
if old == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) return 1 end
return 0";

/// ARGV: the least value, as digits of fixed width.
pub(super) const RAISE: &str = "
local old = redis.call('GET', KEYS[1])
if not old or old < ARGV[1] then redis.call('SET', KEYS[1], ARGV[1]) end
return 1";

/// ARGV: (version field, version)* that the reader knows. Answers (version field, version, body)*, without bodies that are
/// known; a body without a version under its own field, with neither.
pub(super) const READ_CHANGED: &str = "
local known, versions, answer = {}, {}, {}
for i = 1, #ARGV, 2 do known[ARGV[i]] = ARGV[i + 1] end
local fields = redis.call('HKEYS', KEYS[1])
for _, field in ipairs(fields) do
  if field:sub(-1) == '#' then
    local version, body = redis.call('HGET', KEYS[1], field), false
    if known[field] ~= version then body = redis.call('HGET', KEYS[1], field:sub(1, -2)) end
    versions[field] = true
    answer[#answer + 1] = {field, version, body}
  end
end
for _, field in ipairs(fields) do
  if field:sub(-1) ~= '#' and not versions[field .. '#'] then
    answer[#answer + 1] = {field, false, false}
  end
end
return answer";
