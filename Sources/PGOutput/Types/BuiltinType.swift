/// A type of the schema `pg_catalog`, the same in every database and every server version.
///
/// The raw value is the type's own name. Types that no column can hold, or that no server sends,
/// are left out, and arrays are described by their elements: see ``ColumnType``. Some are newer
/// than the oldest server: the multiranges (14), `oid8` and `regdatabase` (19).
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/catalog-pg-type.html>
@nonexhaustive public enum BuiltinType: String, Hashable, Sendable, CaseIterable {
  case bool, bytea, char, name, int8, int2, int2vector, int4, regproc, text, oid, tid, xid
  case cid, oidvector, json, xml, point, lseg, path, box, polygon, line, cidr, float4, float8
  case circle, macaddr8, money, macaddr, inet, aclitem, bpchar, varchar, date, time, timestamp
  case timestamptz, interval, timetz, bit, varbit, numeric, refcursor, regprocedure, regoper
  case regoperator, regclass, regtype, uuid, txidSnapshot = "txid_snapshot", pgLSN = "pg_lsn"
  case tsvector, gtsvector, tsquery, regconfig, regdictionary, jsonb, int4range, numrange
  case tsrange, tstzrange, daterange, int8range, jsonpath, regnamespace, regrole, regcollation
  case int4multirange, nummultirange, tsmultirange, tstzmultirange, datemultirange
  case int8multirange, pgSnapshot = "pg_snapshot", xid8, oid8, regdatabase
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
