import PGWire

/// Plain SQL in tests.
extension WireConnection {
  /// Runs statements, and forgets what they return.
  ///
  /// A busy machine may take long for what a test asks: there is no limit.
  func run(_ sql: String) async throws {
    _ = try await query(sql, answerTimeout: nil)
  }

  /// The rows of the last statement.
  func rows(_ sql: String) async throws -> [[String?]] {
    try await query(sql, answerTimeout: nil).last?.rows ?? []
  }

  /// The first value of the last statement's first row.
  func value(_ sql: String) async throws -> String {
    guard let value = try await rows(sql).first?.first ?? nil else { throw NoValue(sql: sql) }
    return value
  }

  /// The first value of the last statement's first row, as a position.
  func lsn(_ sql: String) async throws -> LSN {
    guard let lsn = LSN(try await value(sql)) else { throw NoValue(sql: sql) }
    return lsn
  }
}

/// A query returned nothing, or something else than what it was asked for.
struct NoValue: Error {
  let sql: String
}

extension String {
  /// A string literal of SQL.
  var literal: String {
    contains("\\")
      ? "E'" + replacing("\\", with: "\\\\").replacing("'", with: "''") + "'"
      : "'" + replacing("'", with: "''") + "'"
  }
}
