internal import ChangeFormats
internal import PGWire
internal import PgcdcArguments

extension FilterPlan {
  /// What the format gets; reads the key.
  ///
  /// - Throws: ``PlanError`` for a name that can't be one, or a key that can't be read.
  func filter() throws(PlanError) -> ChangeFilter {
    if !hashedColumns.isEmpty, hashKeyFile == nil {
      throw PlanError("columns are to be hashed, which needs a file with the key")
    }
    var key: [UInt8] = []
    if let hashKeyFile { key = try SmallFile.secret(at: hashKeyFile) }
    do throws(FilterError) {
      return try filter(hashKey: Password(bytes: key))
    } catch {
      throw PlanError(error.description)
    }
  }
}
