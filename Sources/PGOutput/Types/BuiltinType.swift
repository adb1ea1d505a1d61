/// A type of the schema `pg_catalog`, the same in every database and every server version.
///
/// The raw value is the type's own name. Types that no column can hold, or that no server sends,
/// are left out, and arrays are described by their elements: see ``ColumnType``. Some are newer
/// than the oldest server: the multiranges (14), `oid8` and `regdatabase` (19).
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/catalog-pg-type.html>
@nonexhaustive public enum BuiltinType: String, Hashable, Sendable, CaseIterable {
  /// `boolean`: true or false.
  case bool
  /// `bytea`: bytes.
  case bytea
  /// `"char"`, with quotes: one byte; the system's tables have it.
  case char
  /// `name`: a name of at most 63 bytes.
  case name
  /// `bigint`: a whole number of 64 bits.
  case int8
  /// `smallint`: a whole number of 16 bits.
  case int2
  /// `int2vector`: an array of `smallint` from index 0 on; the system's tables have it.
  case int2vector
  /// `integer`: a whole number of 32 bits.
  case int4
  /// `regproc`: the oid of a function, printed as its name.
  case regproc
  /// `text`: characters, without a limit.
  case text
  /// `oid`: a number of 32 bits without a sign, the identity of an object.
  case oid
  /// `tid`: the place of a row version, its block and its number in it.
  case tid
  /// `xid`: a transaction's id of 32 bits, which wraps around.
  case xid
  /// `cid`: a command's number in its transaction.
  case cid
  /// `oidvector`: an array of `oid` from index 0 on; the system's tables have it.
  case oidvector
  /// `json`: JSON as it was written.
  case json
  /// `xml`: an XML document, or a part of one.
  case xml
  /// `point`: two coordinates.
  case point
  /// `lseg`: a line between two points.
  case lseg
  /// `path`: points with lines between them, open or closed.
  case path
  /// `box`: a rectangle along the axes, by two corners.
  case box
  /// `polygon`: a closed area, by its corners.
  case polygon
  /// `line`: a line without ends, by A, B and C of Ax + By + C = 0.
  case line
  /// `cidr`: an IPv4 or IPv6 network; no bit is set behind its prefix.
  case cidr
  /// `real`: a floating-point number of 32 bits.
  case float4
  /// `double precision`: a floating-point number of 64 bits.
  case float8
  /// `circle`: a point and a radius.
  case circle
  /// `macaddr8`: a MAC address of 8 bytes (EUI-64).
  case macaddr8
  /// `money`: an amount of 64 bits, in the smallest unit of the server's currency.
  case money
  /// `macaddr`: a MAC address of 6 bytes.
  case macaddr
  /// `inet`: an IPv4 or IPv6 address, perhaps with the length of its network's prefix.
  case inet
  /// `aclitem`: rights that one role has granted to another.
  case aclitem
  /// `character(n)`: text that is padded with spaces.
  case bpchar
  /// `character varying(n)`: text with a limit, or without one.
  case varchar
  /// `date`: a day.
  case date
  /// `time without time zone`: a time of day, in microseconds.
  case time
  /// `timestamp without time zone`: a day and a time, in microseconds.
  case timestamp
  /// `timestamp with time zone`: a moment, in microseconds; no zone is stored.
  case timestamptz
  /// `interval`: months, days and microseconds.
  case interval
  /// `time with time zone`: a time of day, and its distance from UTC.
  case timetz
  /// `bit(n)`: this number of bits.
  case bit
  /// `bit varying(n)`: bits, at most this number.
  case varbit
  /// `numeric`: a decimal number of any precision; NaN, and since server 14 infinity.
  case numeric
  /// `refcursor`: the name of a cursor.
  case refcursor
  /// `regprocedure`: the oid of a function, printed with the types of its arguments.
  case regprocedure
  /// `regoper`: the oid of an operator, printed as its name.
  case regoper
  /// `regoperator`: the oid of an operator, printed with the types of its arguments.
  case regoperator
  /// `regclass`: the oid of a table, index or the like, printed as its name.
  case regclass
  /// `regtype`: the oid of a type, printed as its name.
  case regtype
  /// `uuid`: an identifier of 16 bytes.
  case uuid
  /// `txid_snapshot`: which transactions a snapshot sees; ``BuiltinType/pgSnapshot`` replaces it.
  case txidSnapshot = "txid_snapshot"
  /// `pg_lsn`: a position in the write-ahead log.
  case pgLSN = "pg_lsn"
  /// `tsvector`: the words of a document for text search, with their positions.
  case tsvector
  /// `gtsvector`: what a GiST index keeps of a `tsvector`.
  case gtsvector
  /// `tsquery`: what to search for in a `tsvector`.
  case tsquery
  /// `regconfig`: the oid of a configuration of text search, printed as its name.
  case regconfig
  /// `regdictionary`: the oid of a dictionary of text search, printed as its name.
  case regdictionary
  /// `jsonb`: JSON in a binary form, with each key of an object once.
  case jsonb
  /// `int4range`: a range of `integer`.
  case int4range
  /// `numrange`: a range of `numeric`.
  case numrange
  /// `tsrange`: a range of `timestamp without time zone`.
  case tsrange
  /// `tstzrange`: a range of `timestamp with time zone`.
  case tstzrange
  /// `daterange`: a range of `date`.
  case daterange
  /// `int8range`: a range of `bigint`.
  case int8range
  /// `jsonpath`: a path expression for `jsonb`.
  case jsonpath
  /// `regnamespace`: the oid of a schema, printed as its name.
  case regnamespace
  /// `regrole`: the oid of a role, printed as its name.
  case regrole
  /// `regcollation`: the oid of a collation, printed as its name.
  case regcollation
  /// `int4multirange`: ranges of `integer` that do not overlap.
  case int4multirange
  /// `nummultirange`: ranges of `numeric` that do not overlap.
  case nummultirange
  /// `tsmultirange`: ranges of `timestamp without time zone` that do not overlap.
  case tsmultirange
  /// `tstzmultirange`: ranges of `timestamp with time zone` that do not overlap.
  case tstzmultirange
  /// `datemultirange`: ranges of `date` that do not overlap.
  case datemultirange
  /// `int8multirange`: ranges of `bigint` that do not overlap.
  case int8multirange
  /// `pg_snapshot`: which transactions a snapshot sees, by ids of 64 bits.
  case pgSnapshot = "pg_snapshot"
  /// `xid8`: a transaction's id of 64 bits, which never wraps around.
  case xid8
  /// `oid8`: a number of 64 bits without a sign, an identity. Since server 19.
  case oid8
  /// `regdatabase`: the oid of a database, printed as its name. Since server 19.
  case regdatabase
}

extension BuiltinType {
  /// The type that has this oid, unless it is an array or unknown.
  public init?(oid: UInt32) {
    guard let type = BuiltinType.byOID[oid] else { return nil }
    self = type
  }

  /// The type whose arrays have this oid.
  public init?(arrayOID: UInt32) {
    guard let type = BuiltinType.byArrayOID[arrayOID] else { return nil }
    self = type
  }

  /// The type's oid.
  public var oid: UInt32 { oids.scalar }

  /// The oid of arrays of the type.
  public var arrayOID: UInt32 { oids.array }

  private static let byOID = Dictionary(uniqueKeysWithValues: allCases.map { ($0.oid, $0) })
  private static let byArrayOID = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0.arrayOID, $0) })
}

extension BuiltinType {
  private var oids: (scalar: UInt32, array: UInt32) {
    switch self {
    case .bool: (16, 1000)
    case .bytea: (17, 1001)
    case .char: (18, 1002)
    case .name: (19, 1003)
    case .int8: (20, 1016)
    case .int2: (21, 1005)
    case .int2vector: (22, 1006)
    case .int4: (23, 1007)
    case .regproc: (24, 1008)
    case .text: (25, 1009)
    case .oid: (26, 1028)
    case .tid: (27, 1010)
    case .xid: (28, 1011)
    case .cid: (29, 1012)
    case .oidvector: (30, 1013)
    case .json: (114, 199)
    case .xml: (142, 143)
    case .point: (600, 1017)
    case .lseg: (601, 1018)
    case .path: (602, 1019)
    case .box: (603, 1020)
    case .polygon: (604, 1027)
    case .line: (628, 629)
    case .cidr: (650, 651)
    case .float4: (700, 1021)
    case .float8: (701, 1022)
    case .circle: (718, 719)
    case .macaddr8: (774, 775)
    case .money: (790, 791)
    case .macaddr: (829, 1040)
    case .inet: (869, 1041)
    case .aclitem: (1033, 1034)
    case .bpchar: (1042, 1014)
    case .varchar: (1043, 1015)
    case .date: (1082, 1182)
    case .time: (1083, 1183)
    case .timestamp: (1114, 1115)
    case .timestamptz: (1184, 1185)
    case .interval: (1186, 1187)
    case .timetz: (1266, 1270)
    case .bit: (1560, 1561)
    case .varbit: (1562, 1563)
    case .numeric: (1700, 1231)
    case .refcursor: (1790, 2201)
    case .regprocedure: (2202, 2207)
    case .regoper: (2203, 2208)
    case .regoperator: (2204, 2209)
    case .regclass: (2205, 2210)
    case .regtype: (2206, 2211)
    case .uuid: (2950, 2951)
    case .txidSnapshot: (2970, 2949)
    case .pgLSN: (3220, 3221)
    case .tsvector: (3614, 3643)
    case .gtsvector: (3642, 3644)
    case .tsquery: (3615, 3645)
    case .regconfig: (3734, 3735)
    case .regdictionary: (3769, 3770)
    case .jsonb: (3802, 3807)
    case .int4range: (3904, 3905)
    case .numrange: (3906, 3907)
    case .tsrange: (3908, 3909)
    case .tstzrange: (3910, 3911)
    case .daterange: (3912, 3913)
    case .int8range: (3926, 3927)
    case .jsonpath: (4072, 4073)
    case .regnamespace: (4089, 4090)
    case .regrole: (4096, 4097)
    case .regcollation: (4191, 4192)
    case .int4multirange: (4451, 6150)
    case .nummultirange: (4532, 6151)
    case .tsmultirange: (4533, 6152)
    case .tstzmultirange: (4534, 6153)
    case .datemultirange: (4535, 6155)
    case .int8multirange: (4536, 6157)
    case .pgSnapshot: (5038, 5039)
    case .xid8: (5069, 271)
    case .oid8: (6437, 6442)
    case .regdatabase: (6490, 6491)
    }
  }
}
