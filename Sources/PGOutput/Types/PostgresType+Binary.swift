extension PostgresType {
  /// Whether servers send values in binary, in a form that is known here and can be made into text.
  package var hasKnownBinary: Bool {
    switch self {
    case .builtin(let type): type.hasKnownBinary
    case .array(let element, _): element.hasKnownBinary
    case .range(_, let bound), .multirange(_, let bound): bound.hasKnownBinary
    case .composite(_, let fields, _): fields.allSatisfy { $0.shared.hasKnownBinary }
    case .enumeration, .hstore, .text, .versionedText: true
    case .named, .unknown: false
    }
  }
}

extension BuiltinType {
  fileprivate var hasKnownBinary: Bool {
    switch self {
    // These have no send function.
    case .aclitem, .gtsvector: false
    // These are sent as an oid, which is not a name.
    case .regproc, .regprocedure, .regoper, .regoperator, .regclass, .regtype, .regconfig,
      .regdictionary, .regnamespace, .regrole, .regcollation, .regdatabase:
      false
    // There is no default, so that the compiler asks for what is new.
    case .bool, .bytea, .char, .name, .int8, .int2, .int2vector, .int4, .text, .oid, .tid, .xid,
      .cid, .oidvector, .json, .xml, .point, .lseg, .path, .box, .polygon, .line, .cidr, .float4,
      .float8, .circle, .macaddr8, .money, .macaddr, .inet, .bpchar, .varchar, .date, .time,
      .timestamp, .timestamptz, .interval, .timetz, .bit, .varbit, .numeric, .refcursor, .uuid,
      .txidSnapshot, .pgLSN, .tsvector, .tsquery, .jsonb, .int4range, .numrange, .tsrange,
      .tstzrange, .daterange, .int8range, .jsonpath, .int4multirange, .nummultirange,
      .tsmultirange, .tstzmultirange, .datemultirange, .int8multirange, .pgSnapshot, .xid8, .oid8:
      true
    }
  }
}
