internal import ChangeFormats
internal import ReplicationCore

extension FilterArguments {
  /// Checks that each table that is to be hidden, or has columns that are, is published under that
  /// name: the changes of a partition bear its own name, unless the publication says otherwise, and
  /// would be printed as they are.
  func checkNames(_ client: Client) async throws {
    let named = try hiddenTables
    if named.isEmpty { return }
    let published = try await client.publishedTables()
    for (option, pattern) in named
    where !published.contains(where: { pattern.matches($0.schema, $0.name) }) {
      throw RuntimeFailure(
        "\(option): no published table has that name; partitions have names of their own, unless "
          + "the publication has publish_via_partition_root")
    }
  }

  /// The tables that options name whose effect would be missed.
  private var hiddenTables: [(option: String, TablePattern)] {
    get throws {
      var tables = try excludedTables.map {
        ("--exclude-table \($0)", try Self.table($0, "--exclude-table"))
      }
      for name in excludedColumns {
        let rule = try Self.rule(name, .leftOut, "--exclude-column")
        tables.append(("--exclude-column \(name)", rule.tables))
      }
      for name in maskedColumns {
        let rule = try Self.rule(name, .leftOut, "--mask-column")
        tables.append(("--mask-column \(name)", rule.tables))
      }
      for name in hashedColumns {
        let rule = try Self.rule(name, .leftOut, "--hash-column")
        tables.append(("--hash-column \(name)", rule.tables))
      }
      for text in truncatedColumns {
        tables.append(("--truncate-column \(text)", try Self.truncation(text).tables))
      }
      return tables
    }
  }
}
