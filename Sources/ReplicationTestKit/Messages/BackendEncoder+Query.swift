internal import PGWire

// The answers to a simple query.

extension BackendEncoder {
  /// Message: RowDescription (`T`), all columns of one type; 25 is text.
  public static func rowDescription(_ columns: [String], typeOID: UInt32 = 25) -> [UInt8] {
    message("T") { writer in
      writer.write(Int16(truncatingIfNeeded: columns.count))
      for column in columns {
        writer.writeCString(column)
        writer.write(UInt32(0))  // Table.
        writer.write(Int16(0))  // Attribute.
        writer.write(typeOID)
        writer.write(Int16(-1))  // Size: varies.
        writer.write(Int32(-1))  // Modifier: none.
        writer.write(Int16(0))  // Format: text.
      }
    }
  }

  /// Message: DataRow (`D`); `nil` is NULL.
  public static func dataRow(_ values: [String?]) -> [UInt8] {
    message("D") { writer in
      writer.write(Int16(truncatingIfNeeded: values.count))
      for value in values {
        guard let value else {
          writer.write(Int32(-1))
          continue
        }
        writer.write(Int32(truncatingIfNeeded: value.utf8.count))
        writer.write(contentsOf: value.utf8)
      }
    }
  }

  /// Message: CommandComplete (`C`).
  public static func commandComplete(_ tag: String) -> [UInt8] {
    message("C") { $0.writeCString(tag) }
  }

  /// Message: EmptyQueryResponse (`I`).
  public static func emptyQueryResponse() -> [UInt8] { message("I") }

  /// The whole result of one statement: RowDescription, a DataRow each, CommandComplete.
  ///
  /// ReadyForQuery is not among them, since it ends a query of several statements only once.
  public static func queryResult(
    _ columns: [String], rows: [[String?]], tag: String? = nil
  ) -> [UInt8] {
    rowDescription(columns) + rows.flatMap(dataRow)
      + commandComplete(tag ?? "SELECT \(rows.count)")
  }
}
