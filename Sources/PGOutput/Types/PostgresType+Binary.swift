extension PostgresType {
  /// Whether servers send values in binary, and the form is known here and tells the text.
  package var hasKnownBinary: Bool {
    switch self {
    case .builtin(let type): type.hasKnownBinary
    case .array(let element, _): element.hasKnownBinary
    case .range(_, let bound), .multirange(_, let bound): bound.hasKnownBinary
    case .composite(_, let fields, _): fields.allSatisfy { $0.type.hasKnownBinary }
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
    // These are sent as an oid, which is no name.
    case .regproc, .regprocedure, .regoper, .regoperator, .regclass, .regtype, .regconfig,
      .regdictionary, .regnamespace, .regrole, .regcollation:
      false
    default: true
    }
  }
}
