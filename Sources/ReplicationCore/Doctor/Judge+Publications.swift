extension Judge {
  var publicationFindings: [Finding] {
    publications.flatMap { name -> [Finding] in
      let subject = "publication \(name)"
      guard let publication = facts.publications[name] else {
        let why =
          "a stream that asks for it fails; it must be created before the slot"
        return [
          Finding(
            .problem, "publication-missing", subject,
            "it does not exist in database \(facts.database)", why: why,
            fix: "CREATE PUBLICATION \(Identifier.quote(name)) FOR TABLE …;")
        ]
      }
      return order(publication, subject) + scope(publication, subject)
    }
  }

  /// A publication that is newer than the slot's position is unknown to the changes in between.
  private func order(_ publication: Publication, _ subject: String) -> [Finding] {
    // A publication that is older than every catalog row that the slot keeps is older than its
    // position.
    guard let slot, let slotAge = facts.catalogAges[slot], publication.age <= slotAge else {
      return []
    }
    let stream =
      facts.server >= 18
      ? "the stream ends at the first change before it, unless such changes may be skipped"
      : "the stream fails at the first change before it, also after it was created (to server 17)"
    let fix =
      "SELECT pg_drop_replication_slot(\(Literal.quote(slot))); -- then create it again, and take "
      + "a new snapshot; or advance it and lose the changes in between"
    guard isNewer(publication, thanPositionOf: slot) else {
      return [
        Finding(
          .note, "publication-order", subject,
          "it is unknown whether it existed at the position that slot \(slot) has reached",
          why:
            "the server does not keep when a slot and a publication were created, and the oldest "
            + "catalog rows that the slot needs may come from an older slot, dropped or not, or "
            + "from a transaction that was open. If the publication is newer, \(stream)")
      ]
    }
    return [
      Finding(
        .problem, "publication-order", subject,
        "it was created after the position that slot \(slot) has reached", why: stream, fix: fix)
    ]
  }

  /// Whether a checkpoint lies between the slot's position and the publication's creation.
  private func isNewer(_ publication: Publication, thanPositionOf slot: String) -> Bool {
    guard publication.isAsCreated, let checkpoint = facts.checkpoint,
      let found = facts.slots.first(where: { $0.slot.name == slot }),
      let position = found.slot.confirmedFlushLSN
    else { return false }
    return position <= checkpoint.lsn && publication.age <= checkpoint.nextTransactionAge
  }

  private func scope(_ publication: Publication, _ subject: String) -> [Finding] {
    let tables = facts.tables.count { $0.publication == publication.name }
    if tables == 0 { return [empty(publication, subject)] }
    let operations = PublicationOperation.allCases.filter { publication.operations.contains($0) }
    let what =
      "\(tables == 1 ? "1 table" : "\(tables) tables"); "
      + operations.map(\.rawValue).joined(separator: ", ")
      + (publication.publishesViaPartitionRoot ? "; via partition root" : "")
    if publication.operations.count < 4 {
      return [
        Finding(
          .note, "publication", subject, what, why: "other kinds of changes are not sent",
          fix: "ALTER PUBLICATION \(Identifier.quote(publication.name)) "
            + "SET (publish = 'insert, update, delete, truncate');")
      ] + leftOut(publication, subject)
    }
    return [Finding(.fine, "publication", subject, what)] + leftOut(publication, subject)
  }

  var tableFindings: [Finding] {
    facts.tables.flatMap { identity($0) + columns($0) } + columnListConflicts
  }

  private func identity(_ table: PublishedTable) -> [Finding] {
    let subject = "table \(table.qualifiedName)"
    let full = "ALTER TABLE \(table.qualifiedName) REPLICA IDENTITY FULL;"
    switch table.judgement {
    case .changesFail:
      return [
        Finding(
          .problem, "replica-identity", subject,
          "replica identity \(table.identity), but it has no key for that",
          why: "UPDATE and DELETE on it fail on the server, since nothing identifies the old row",
          fix: "\(full) -- or add a primary key")
      ]
    case .columnListTooShort(let names):
      return [
        Finding(
          .problem, "column-list", subject,
          "publication \(table.publication) leaves out \(names.joined(separator: ", ")) of its "
            + "replica identity (\(table.identity))",
          why: "UPDATE and DELETE on it fail on the server",
          fix: "ALTER PUBLICATION \(Identifier.quote(table.publication)) SET TABLE "
            + "\(table.qualifiedName) (…); -- with these columns too")
      ]
    case .rowFilterBeyondIdentity(let names):
      return [
        Finding(
          .problem, "row-filter", subject,
          "the row filter of publication \(table.publication) reads "
            + "\(names.joined(separator: ", ")), not of its replica identity (\(table.identity))",
          why: "UPDATE and DELETE on it fail on the server", fix: full)
      ]
    case .unchangedMissing(let names):
      return [
        Finding(
          .note, "toast", subject,
          "large values of \(names.joined(separator: ", ")) are sent only when they change",
          why: "an UPDATE of other columns has no value for them: keep the one you have",
          fix: full)
      ]
    case .fine:
      if table.identity == .full, table.publishesOldRows {
        return [
          Finding(
            .note, "replica-identity", subject, "replica identity full",
            why: "every UPDATE and DELETE writes the whole old row to the log")
        ]
      }
      return [Finding(.fine, "replica-identity", subject, "replica identity \(table.identity)")]
    }
  }

  private func columns(_ table: PublishedTable) -> [Finding] {
    let subject = "table \(table.qualifiedName)"
    var findings: [Finding] = []
    if !table.generatedColumns.isEmpty {
      findings.append(
        Finding(
          .note, "generated-columns", subject,
          "generated columns are not sent: \(table.generatedColumns.joined(separator: ", "))",
          why: facts.server >= 18
            ? "stored ones can be published, virtual ones can't" : "servers send them since 18",
          fix: facts.server >= 18
            ? "ALTER PUBLICATION \(Identifier.quote(table.publication)) "
              + "SET (publish_generated_columns = stored);" : nil))
    }
    if !table.textOnlyArrays.isEmpty {
      findings.append(
        Finding(
          .warning, "binary-columns", subject,
          "arrays that can't be sent in binary: \(table.textOnlyArrays.joined(separator: ", "))",
          why: "a stream that asks for binary values ends at the first such row (42883); ask for "
            + "text"))
    }
    if !table.isReadable {
      findings.append(
        Finding(
          .warning, "table-rights", subject, "\(facts.user) may not read it",
          why: "its changes are sent, but a snapshot of it can't be taken",
          fix: "GRANT SELECT ON \(table.qualifiedName) TO \(Identifier.quote(facts.user));"))
    }
    return findings
  }

  /// One table in several of the publications, with other columns in each.
  private var columnListConflicts: [Finding] {
    Dictionary(grouping: facts.tables, by: \.qualifiedName).sorted { $0.key < $1.key }.compactMap {
      name, tables in
      guard Set(tables.map(\.columns)).count > 1 else { return nil }
      return Finding(
        .problem, "column-lists-differ", "table \(name)",
        "its column lists differ in \(tables.map(\.publication).joined(separator: " and "))",
        why: "a stream of these publications together ends at its first change (0A000)",
        fix: "ALTER PUBLICATION … SET TABLE \(name) (…); -- the same columns in each")
    }
  }
}
