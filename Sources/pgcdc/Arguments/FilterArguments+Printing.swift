internal import ArgumentParser
internal import ChangeFormats
internal import PGWire
internal import PgcdcArguments

extension FilterArguments {
  /// Refuses options that require another format.
  func check(format: OutputFormat) throws {
    if let list = plan.firstList, format.lines == nil {
      throw ValidationError("\(list.option) requires --format json or debezium")
    }
  }

  /// What is to be printed.
  ///
  /// - Throws: ``FileError`` if the key can't be read.
  func filter() throws -> ChangeFilter {
    try plan.filter(hashKey: hashKeyFile.map { try FileReader.key(at: $0) } ?? Password(""))
  }
}
