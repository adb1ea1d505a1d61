internal import PGOutput

/// A table as the source has it, with all that the target needs to have one like it.
final class SourceTable: Sendable {
  /// Its shape in the stream.
  let relation: Relation
  /// Its columns, in the order of its rows.
  let columns: [SourceColumn]
  /// The names of the primary key's columns, if all of them are published.
  let primaryKey: [String]
  /// Whether the rows that the target has are about to be replaced by those of a snapshot.
  let isReadWhole: Bool
  /// The table that had the name before, as far as the target knows.
  let former: FormerTable?

  /// Another table whose name a table has now.
  struct FormerTable: Hashable, Sendable {
    let oid: UInt32
    /// Whether the source has it no more.
    let isGone: Bool
  }

  init(
    _ relation: Relation, columns: [SourceColumn], primaryKey: [String], isReadWhole: Bool,
    former: FormerTable?
  ) {
    self.relation = relation
    self.columns = columns
    self.primaryKey = primaryKey
    self.isReadWhole = isReadWhole
    self.former = former
  }
}

/// A column of a table of the source.
struct SourceColumn: Hashable, Sendable {
  let name: String
  let isKey: Bool
  let type: SourceType
  /// How its values are ordered, see ``KeyOrder``; `nil` if that can't be known.
  let order: String?
  /// What rows have in it that were there before it was added, if it is new and that is known.
  let earlierValue: String?
}

/// The type of a column of the source.
enum SourceType: Hashable, Sendable {
  /// A type that every server has.
  case builtin(oid: UInt32, modifier: Int32)
  /// An enum, or an array of one.
  case enumeration(SourceTypeName, labels: [String], isArray: Bool)
  /// Any other type that the target may have.
  case named(SourceTypeName, modifier: Int32)
  /// Text, in place of a type whose values mean something on the source alone.
  case text
}

/// The name of a type.
struct SourceTypeName: Hashable, Sendable {
  let schema: String
  let name: String

  init(_ name: TypeName) {
    schema = name.namespace
    self.name = name.name
  }

  /// For SQL.
  var quoted: String { "\(schema.quotedName).\(name.quotedName)" }
}

extension SourceType {
  /// What the target has for a column.
  ///
  /// - Parameter types: What is known of types that aren't built in.
  init(_ column: Relation.Column, _ types: TypeCatalog) {
    switch column.type {
    case .builtin(let type):
      // A domain is what it is made of; its modifier is not that of the type.
      let modifier = column.typeOID == type.oid ? column.typeModifier : -1
      self = type.namesAnObject ? .text : .builtin(oid: type.oid, modifier: modifier)
    case .array(let type):
      let modifier = column.typeOID == type.arrayOID ? column.typeModifier : -1
      let oid = type.namesAnObject ? BuiltinType.text.arrayOID : type.arrayOID
      self = .builtin(oid: oid, modifier: modifier)
    case .named(let name):
      self = SourceType(types.type(of: column), name, modifier: column.typeModifier)
    case .unknown: self = .text
    @unknown default: self = .text
    }
  }

  private init(_ type: PostgresType, _ name: TypeName, modifier: Int32) {
    switch type {
    case .enumeration(let type, let labels):
      self = .enumeration(SourceTypeName(type), labels: labels, isArray: false)
    case .array(let element, _):
      if case .enumeration(let type, let labels) = element {
        self = .enumeration(SourceTypeName(type), labels: labels, isArray: true)
      } else {
        self = .named(SourceTypeName(name), modifier: modifier)
      }
    default: self = .named(SourceTypeName(name), modifier: modifier)
    }
  }
}

extension BuiltinType {
  /// Whether values are names of objects or roles, which the target need not have.
  fileprivate var namesAnObject: Bool {
    switch self {
    case .regproc, .regprocedure, .regoper, .regoperator, .regclass, .regtype, .regconfig,
      .regdictionary, .regnamespace, .regrole, .regcollation, .regdatabase, .aclitem:
      true
    default: false
    }
  }
}
