import PGWire

/// Columns added, dropped, renamed and given another type, and rows before and after.
///
/// Each alteration is followed by a row: of several without a row in between a stream tells the
/// result alone. Columns with a default have names that begin with `d`, and are never renamed, so
/// that the server can be asked for their values for as long as they exist.
struct ShapeChange {
  func run(_ connection: WireConnection, _ random: inout SoakRandom) async throws {
    // Nothing is held meanwhile: the transaction has done nothing yet.
    try await Task.sleep(for: .milliseconds(random.number(0..<1500)))
    if random.isOnce(in: 4) {
      try await retype(connection, &random)
    } else {
      try await reshape(connection, &random)
    }
  }

  private func reshape(_ connection: WireConnection, _ random: inout SoakRandom) async throws {
    var columns = try await connection.column(
      """
      SELECT attname FROM pg_attribute WHERE attrelid = 'soak.shaped'::regclass
      AND attnum > 0 AND NOT attisdropped ORDER BY attnum
      """)
    let number = random.number(10..<100_000)
    let stays = columns.firstIndex(of: "stays") ?? 0
    if stays == 1, random.isOnce(in: 40) { return try await replace(connection) }
    switch random.number(0..<8) {
    case 0, 1:
      guard columns.count < 9 else { break }
      columns.append("c\(number)")
      _ = try await connection.query("ALTER TABLE soak.shaped ADD c\(number) text")
    case 2:
      guard columns.count < 9 else { break }
      columns.append("d\(number)")
      _ = try await connection.query(
        "ALTER TABLE soak.shaped ADD d\(number) text DEFAULT 'default \(number)'")
    case 3, 4:
      let free = columns.filter { $0 != "id" && $0 != "stays" }
      guard columns.count > 4, let dropped = free.randomElement(using: &random) else { break }
      columns.removeAll { $0 == dropped }
      _ = try await connection.query("ALTER TABLE soak.shaped DROP \(dropped)")
    case 5:
      // Only before a column that stays in its place is a new name known as one.
      guard stays > 1 else { break }
      let index = random.number(1..<stays)
      _ = try await connection.query(
        "ALTER TABLE soak.shaped RENAME \(columns[index]) TO c\(number)")
      columns[index] = "c\(number)"
    default: break
    }
    try await changeRows(columns, connection, &random)
  }

  /// Begins again with a new table: a table may have 1600 columns in its whole life.
  private func replace(_ connection: WireConnection) async throws {
    _ = try await connection.query(
      "DROP TABLE soak.shaped; \(SoakTables.shaped); ALTER PUBLICATION soak ADD TABLE soak.shaped")
  }

  private func changeRows(
    _ columns: [String], _ connection: WireConnection, _ random: inout SoakRandom
  ) async throws {
    let names = columns.dropFirst().joined(separator: ", ")
    let values = columns.dropFirst().map { _ in "md5(random()::text)" }.joined(separator: ", ")
    _ = try await connection.query(
      """
      INSERT INTO soak.shaped (id, \(names)) SELECT nextval('soak.ids'), \(values)
        FROM generate_series(1, 5);
      UPDATE soak.shaped SET stays = md5(random()::text) WHERE id % 5 = \(random.number(0..<5));
      DELETE FROM soak.shaped WHERE id % 100 = \(random.number(0..<100))
        OR id < (SELECT max(id) FROM soak.shaped) - 20000
      """)
  }

  /// Types that print the same numbers in the same way, so that no row changes but in its type.
  private func retype(_ connection: WireConnection, _ random: inout SoakRandom) async throws {
    if random.isOnce(in: 3) {
      let type = ["int", "bigint", "numeric", "text"].randomElement(using: &random) ?? "text"
      _ = try await connection.query("ALTER TABLE soak.typed ALTER v TYPE \(type) USING v::\(type)")
    } else {
      let type = ["varchar(40)", "text", "varchar(60)"].randomElement(using: &random) ?? "text"
      _ = try await connection.query("ALTER TABLE soak.typed ALTER w TYPE \(type)")
    }
    _ = try await connection.query(
      """
      INSERT INTO soak.typed (id, v, w) SELECT nextval('soak.ids'), '12345', md5(random()::text)
        FROM generate_series(1, 5);
      UPDATE soak.typed SET w = left(md5(random()::text), 20)
        WHERE id % 5 = \(random.number(0..<5));
      DELETE FROM soak.typed WHERE id % 50 = \(random.number(0..<50))
        OR id < (SELECT max(id) FROM soak.typed) - 20000
      """)
  }
}
