#if Foundation
  #if canImport(FoundationEssentials)
    public import FoundationEssentials
  #else
    public import Foundation
  #endif

  /// Columns of JSON, with the package's trait `Foundation`.
  extension RowView {
    /// Decodes the JSON in the column with that name, of the type `json` or `jsonb`.
    ///
    ///     let profile = try row.decode(Profile.self, json: "profile")
    ///     let maybe = try row.decode(Profile?.self, json: "profile")   // NULL is nil
    ///
    /// JSON's `null` is `nil` too. ``PostgresJSON`` is the same for columns that can be unchanged,
    /// and for arrays.
    ///
    /// - Parameter decoder: Foundation's decoder, which may have strategies for keys and dates.
    /// - Throws: ``RowError`` if there is no such column, if it is unchanged or wasn't sent, if it
    ///   is NULL and `Value` isn't optional, or if the JSON is not a `Value`. A `DecodingError` is
    ///   never thrown, since its text could hold the value; other errors of the type's own
    ///   initializer are.
    public func decode<Value: Decodable>(
      _ type: Value.Type = Value.self, json column: String,
      using decoder: JSONDecoder = JSONDecoder()
    ) throws -> Value {
      let index = try find(column)
      return try decode(type, json: index, using: decoder)
    }

    /// Decodes the JSON in the column at that index.
    ///
    /// - Throws: As the function by name does.
    public func decode<Value: Decodable>(
      _ type: Value.Type = Value.self, json column: Int,
      using decoder: JSONDecoder = JSONDecoder()
    ) throws -> Value {
      let json = try jsonData(at: column, for: type)
      do {
        return try decoder.decode(type, from: json)
      } catch is DecodingError {
        throw failure(column, .outOfRange, type)
      }
    }

    private func jsonData<Value>(
      at column: Int, for swiftType: Value.Type
    ) throws(RowError) -> Data {
      try withColumn(at: column) { value throws(RowError) in
        do throws(PostgresValueError) {
          switch value {
          case .text(let text): return try Data(jsonText: text, type: type(of: column))
          case .binary(let bytes): return try Data(jsonBinary: bytes, type: type(of: column))
          case .null:
            if swiftType is any OptionalValue.Type { return Data("null".utf8) }
          case .unchanged, .notSent: break
          }
        } catch {
          throw failure(column, error, swiftType)
        }
        throw absence(column, swiftType)
      }
    }
  }

  /// An optional, which JSON's null can become.
  private protocol OptionalValue {}

  extension Optional: OptionalValue {}
#endif
