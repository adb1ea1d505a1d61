/// The catalog's facts about one column, in the table itself or in each of its partitions.
struct AddedColumnFacts {
  /// The column in one table that has rows of its own.
  struct Place {
    let typeOID: UInt32
    let isGenerated: Bool
    /// Whether the table's file was ever replaced.
    let isRewritten: Bool
    /// The text of `pg_attribute.attmissingval`.
    let missingValue: String?
  }

  let places: [Place]
  /// Whether a publication has a list of columns for the table or a partition.
  let hasColumnList: Bool

  func earlierValue(typeOID: UInt32) -> EarlierValue {
    guard !places.isEmpty, places.allSatisfy({ $0.typeOID == typeOID }) else {
      return .unknown(.notFound)
    }
    if places.contains(where: \.isGenerated) { return .unknown(.generated) }
    if hasColumnList { return .unknown(.columnList) }
    let values = Set(places.compactMap(\.missingValue))
    if values.count > 1 { return .unknown(.differsBetweenPartitions) }
    // A partition without it was rewritten since, or created later.
    if let value = values.first { return .value(value) }
    return places.contains(where: \.isRewritten) ? .unknown(.rewritten) : .null
  }
}
