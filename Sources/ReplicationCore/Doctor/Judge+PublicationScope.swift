extension Judge {
  /// A publication that covers no table.
  func empty(_ publication: Publication, _ subject: String) -> Finding {
    let name = Identifier.quote(publication.name)
    let why = "it never delivers a change"
    if publication.isOnlyForSequences {
      return Finding(
        .warning, "publication-empty", subject, "it is for all sequences, and covers no table",
        why: "\(why): a stream has no sequences",
        fix: "CREATE PUBLICATION … FOR TABLE …; -- tables can't be added to this one")
    }
    guard publication.isForAllTables else {
      return Finding(
        .warning, "publication-empty", subject, "it covers no table", why: why,
        fix: "ALTER PUBLICATION \(name) ADD TABLE …;")
    }
    let excluded = publication.excludedTables
    return Finding(
      .warning, "publication-empty", subject,
      excluded.isEmpty
        ? "it is for all tables, and the database has none that can be published"
        : "it covers no table: it leaves out \(Self.few(excluded))",
      why: why, fix: excluded.isEmpty ? nil : includeAll(publication))
  }

  /// What a publication of server 19 does not bring into the stream, though it looks as if it did.
  func leftOut(_ publication: Publication, _ subject: String) -> [Finding] {
    var findings: [Finding] = []
    // Another one of the publications may have the table.
    let covered = Set(facts.tables.map(\.qualifiedName))
    let missing = publication.excludedTables.filter { !covered.contains($0) }
    if !missing.isEmpty {
      findings.append(
        Finding(
          .note, "publication-except", subject, "it leaves out \(Self.few(missing))",
          why: "their changes are not sent, and neither are those of their partitions",
          fix: includeAll(publication)))
    }
    if publication.isForAllSequences {
      findings.append(
        Finding(
          .note, "publication-sequences", subject, "it is for all sequences too",
          why: "a stream has no sequences: read their values from this server before you switch to "
            + "another one"))
    }
    return findings
  }

  private func includeAll(_ publication: Publication) -> String? {
    publication.allTables.map { all in
      "ALTER PUBLICATION \(Identifier.quote(publication.name)) SET \(all.text); -- or "
        + "ALL TABLES EXCEPT (TABLE …) with those to leave out"
    }
  }

  /// The first few names.
  private static func few(_ names: [String]) -> String {
    let shown = names.prefix(5).joined(separator: ", ")
    return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
  }
}
