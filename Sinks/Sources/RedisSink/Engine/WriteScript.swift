/// The script that writes records and the state in one step, or nothing at all.
///
/// A transaction of Redis (`MULTI`) is not rolled back if one of its commands fails: the state
/// would then say that the engine has a record that was refused. The script looks first, and it
/// runs alone: what it has seen still holds when it writes. Its effects go to the append-only file
/// and to replicas as one transaction.
///
/// Redis: <https://redis.io/docs/latest/commands/eval/>
enum WriteScript {
  /// The fields of the state, a hash.
  enum Field {
    /// Which opening of the state may write: a number that each one increments.
    static let epoch = "epoch"
    static let position = "position"
    static let checkpoint = "checkpoint"
  }

  /// What a record's arguments begin with.
  enum Kind {
    static let keyAndValue = "k"
    static let value = "v"
    static let tombstone = "t"
  }

  /// What has come of a script.
  enum Outcome: Hashable {
    case written
    /// The state was opened again since.
    case fenced
    /// A stream has an entry, or had one, that does not come before the records.
    case passed(key: String, last: String)
    /// A key is something other than a stream.
    case otherType(key: String, type: String)

    init?(_ reply: RedisReply) {
      let words = (reply.elements ?? []).map { $0.text ?? "" }
      guard let first = words.first else { return nil }
      switch (first, words.count) {
      case ("written", 1): self = .written
      case ("fenced", 1): self = .fenced
      case ("passed", 3): self = .passed(key: words[1], last: words[2])
      case ("type", 3): self = .otherType(key: words[1], type: words[2])
      default: return nil
      }
    }
  }

  /// The script.
  ///
  /// - `KEYS`: the state, then the streams.
  /// - `ARGV`: epoch, position, checkpoint and greatest length, empty for none; the names of the
  ///   fields for keys, values and tombstones; the first id for each stream; the records, each with
  ///   its ``Kind``, the number of its stream in `KEYS`, its id, and key, value or both.
  ///
  /// Numbers of Lua have 53 bits, so ids are compared digit by digit.
  static let text = """
    local call = redis.call
    local state = KEYS[1]
    if call('HGET', state, 'epoch') ~= ARGV[1] then return {'fenced'} end

    local function isLess(left, right)
      if #left ~= #right then return #left < #right end
      return left < right
    end
    local function isAbove(id, last)
      local high, low = string.match(id, '^(%d+)-(%d+)$')
      local lastHigh, lastLow = string.match(last, '^(%d+)-(%d+)$')
      if high ~= lastHigh then return isLess(lastHigh, high) end
      return isLess(lastLow, low)
    end

    local at = 8
    for number = 2, #KEYS do
      local key = KEYS[number]
      local kind = call('TYPE', key).ok
      if kind == 'stream' then
        local info = call('XINFO', 'STREAM', key)
        for field = 1, #info, 2 do
          if info[field] == 'last-generated-id' and not isAbove(ARGV[at], info[field + 1]) then
            return {'passed', key, info[field + 1]}
          end
        end
      elseif kind ~= 'none' then
        return {'type', key, kind}
      end
      at = at + 1
    end

    local length, keyField, valueField, tombstoneField = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
    local function add(key, id, ...)
      if length == '' then
        call('XADD', key, id, ...)
      else
        call('XADD', key, 'MAXLEN', '~', length, id, ...)
      end
    end
    local count = #ARGV
    while at <= count do
      local kind, key, id = ARGV[at], KEYS[tonumber(ARGV[at + 1])], ARGV[at + 2]
      if kind == 'k' then
        add(key, id, keyField, ARGV[at + 3], valueField, ARGV[at + 4])
        at = at + 5
      elseif kind == 'v' then
        add(key, id, valueField, ARGV[at + 3])
        at = at + 4
      else
        add(key, id, keyField, ARGV[at + 3], tombstoneField, '1')
        at = at + 4
      end
    end

    if ARGV[2] ~= '' then call('HSET', state, 'position', ARGV[2]) end
    if ARGV[3] ~= '' then call('HSET', state, 'checkpoint', ARGV[3]) end
    return {'written'}
    """
}
