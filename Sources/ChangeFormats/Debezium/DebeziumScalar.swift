import CDCTime
import PGOutput
import PGWire
import ReplicationCore

/// How one value becomes JSON in Debezium's events, by its type.
///
/// These are the shapes of Debezium's defaults: `time.precision.mode` `adaptive`,
/// `decimal.handling.mode` `precise`, `interval.handling.mode` `numeric`, `binary.handling.mode`
/// `bytes`, `hstore.handling.mode` `json`. Types that Debezium leaves out by default are text, but
/// for `pg_lsn`, which is left out here too.
///
/// Debezium: <https://debezium.io/documentation/reference/3.6/connectors/postgresql.html>
enum DebeziumScalar {
  /// The same as in our own lines.
  case plain(JSONScalar)
  /// Base64 of the unscaled number; the scale is the schema's: `numeric(p, s)`.
  case decimal(scale: Int)
  /// `{"scale":2,"value":"…"}`: `numeric` without a scale.
  case variableDecimal
  /// Base64 of the amount in hundredths, whatever the currency's smallest unit is.
  case money
  /// Days since 1970-01-01.
  case date
  /// Since midnight.
  case time(DebeziumPrecision)
  /// Since 1970-01-01.
  case timestamp(DebeziumPrecision)
  /// ISO 8601 in UTC, with this number of digits of a second.
  case timestamptz(digits: Int)
  /// ISO 8601 in UTC.
  case timetz
  /// Microseconds, where a month is a twelfth of 365.25 days.
  case interval
  /// Base64.
  case bytea
  /// `bit(1)`.
  case bit
  /// Base64 of the bits as a number, its least significant byte first.
  case bits
  /// `{"x":1,"y":2,"wkb":"…","srid":null}`.
  case point
  /// A string that holds a JSON object.
  case hstore
}

/// The unit in which Debezium counts times, by the precision that a column is declared with.
enum DebeziumPrecision: Int64 {
  case milliseconds = 1000
  case microseconds = 1

  /// - Parameter modifier: Digits of a second; -1 without, which is six.
  init(modifier: Int32) {
    self = (0...3).contains(modifier) ? .milliseconds : .microseconds
  }

  /// `MAX_TIMESTAMP_PRECISION` in the server's source.
  static let maxDigits = 6

  /// How many digits of a second a column has; what no server declares counts as none declared.
  static func digits(_ modifier: Int32) -> Int {
    (0...Int32(maxDigits)).contains(modifier) ? Int(modifier) : maxDigits
  }
}

extension DebeziumScalar: ScalarFormat {
  init(_ type: PostgresType, modifier: Int32, _ options: JSONLineFormat.Options) {
    switch type {
    case .builtin(let type): self.init(type, modifier: modifier, options)
    case .hstore: self = .hstore
    default: self = .plain(.text)
    }
  }

  private init(_ type: BuiltinType, modifier: Int32, _ options: JSONLineFormat.Options) {
    self =
      switch type {
      case .numeric where modifier >= 4: .decimal(scale: Self.scale(modifier))
      case .numeric: .variableDecimal
      case .money: .money
      case .date: .date
      case .time: .time(DebeziumPrecision(modifier: modifier))
      case .timestamp: .timestamp(DebeziumPrecision(modifier: modifier))
      case .timestamptz: .timestamptz(digits: DebeziumPrecision.digits(modifier))
      case .timetz: .timetz
      case .interval: .interval
      case .bytea: .bytea
      case .bit, .varbit: modifier == 1 ? .bit : .bits
      case .point: .point
      // A string that holds JSON, as the server prints it.
      case .json, .jsonb: .plain(.text)
      default: .plain(JSONScalar(type, options))
      }
  }

  /// Debezium knows no `pg_lsn`.
  static func leavesOut(_ type: PostgresType) -> Bool {
    if case .array(let element, _) = type { return leavesOut(element) }
    return type.builtin == .pgLSN
  }

  static func append(
    unsent facts: TableDescription.Column?, _ type: PostgresType, isDomain: Bool,
    as format: ValueFormat<Self>, _ values: inout ValueWriter, to output: inout OutputBuffer
  ) {
    DebeziumDefault.append(facts, type, isDomain: isDomain, as: format, &values, to: &output)
  }

  /// Debezium's `money.fraction.digits`.
  static let moneyDigits = 2

  /// The scale that a `numeric` is declared with; negative ones exist since server 15.
  private static func scale(_ modifier: Int32) -> Int {
    // 11 bits, the topmost its sign.
    Int((((modifier &- 4) & 0x7FF) ^ 0x400) - 0x400)
  }
}
