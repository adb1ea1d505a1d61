import PGWire

/// A table that is altered, and rows of it before and after.
struct TableTransaction: RandomTransaction {
  func run(_ connection: WireConnection) async throws {
    for _ in 0..<Int.random(in: 1...3) {
      let isUndone = Int.random(in: 0..<4) == 0
      if isUndone { _ = try await connection.query("SAVEPOINT s") }
      try await alter(connection)
      if isUndone { _ = try await connection.query("ROLLBACK TO s") }
    }
  }

  /// Alters the table, and changes rows of it.
  ///
  /// Every alteration is followed by a row. Of several without a row in between a stream tells the
  /// result alone: that a column was renamed is not to be seen if the one behind it was dropped.
  private func alter(_ connection: WireConnection) async throws {
    let found = try await connection.query(
      """
      SELECT attname, relname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
      WHERE relname IN ('shaped', 'reshaped') AND attnum > 0 AND NOT attisdropped ORDER BY attnum
      """)
    let columns = (found.first?.rows ?? []).compactMap { $0.first ?? nil }
    let table = found.first?.first("relname") ?? "shaped"
    let stays = columns.firstIndex(of: "stays") ?? 0
    var now = table
    var changed = columns
    switch Int.random(in: 0..<10) {
    case 0 where columns.count < 10:
      changed.append("c\(Int.random(in: 10..<100000))")
      _ = try await connection.query("ALTER TABLE \(table) ADD \(changed[changed.count - 1]) text")
    case 2 where columns.count > 5:
      let dropped = columns.filter { $0 != "id" && $0 != "stays" }.randomElement() ?? ""
      changed.removeAll { $0 == dropped }
      _ = try await connection.query("ALTER TABLE \(table) DROP \(dropped)")
    case 3 where stays > 1:
      let index = Int.random(in: 1..<stays)
      changed[index] = "c\(Int.random(in: 10..<100000))"
      _ = try await connection.query(
        "ALTER TABLE \(table) RENAME \(columns[index]) TO \(changed[index])")
    case 4:
      now = table == "shaped" ? "reshaped" : "shaped"
      _ = try await connection.query("ALTER TABLE \(table) RENAME TO \(now)")
    case 5:
      let identity = ["FULL", "DEFAULT"].randomElement() ?? ""
      _ = try await connection.query("ALTER TABLE \(table) REPLICA IDENTITY \(identity)")
    case 6: _ = try await connection.query("DELETE FROM \(table) WHERE random() < 0.3")
    default: break
    }
    let names = changed.dropFirst().joined(separator: ", ")
    let values = changed.dropFirst().map { _ in "md5(random()::text)" }.joined(separator: ", ")
    let settings = changed.dropFirst().map { "\($0) = '\($0)'" }.joined(separator: ", ")
    _ = try await connection.query(
      """
      INSERT INTO \(now) (id, \(names)) SELECT nextval('ids'), \(values) FROM generate_series(1, 5);
      UPDATE \(now) SET \(settings) WHERE id % 5 = 0 AND random() < 0.3
      """)
  }
}
