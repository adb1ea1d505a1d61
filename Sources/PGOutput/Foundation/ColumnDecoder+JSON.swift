#if Foundation
  #if canImport(FoundationEssentials)
    import FoundationEssentials
  #else
    import Foundation
  #endif

  extension ColumnDecoder {
    /// Decodes a column of JSON: as it is if the type takes that, as `String` takes the text; else
    /// from the JSON.
    func decodeFromJSON<T: Decodable>(_ type: T.Type) throws -> T {
      if type is any AnyColumnState.Type { return try decodeAsIs(type) }
      if type is any PostgresDecodable.Type {
        do {
          return try decodeAsIs(type)
        } catch let error as RowError where error.isOfWrongType {
          // A number or an array, for example, which JSON has too.
        }
      }
      return try row.withRow { row in try row.decode(type, json: column) }
    }
  }

  extension RowError {
    /// Whether the Swift type is not for values of the column's type.
    fileprivate var isOfWrongType: Bool {
      if case .value(.wrongType, _) = reason { true } else { false }
    }
  }
#endif
