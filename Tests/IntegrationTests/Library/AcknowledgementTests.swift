import PGOutput
import PGWire
import ReplicationCore
import Testing

/// What is acknowledged is not sent again, and all else is.
@Suite struct AcknowledgementTests {
  @Test(arguments: TestServer.all)
  func `an acknowledgement moves the slot to the commit's end, exactly`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      let client = try await site.prepare()
      let start = try await site.confirmedFlush()
      let duplex = try await client.startReplication()
      for id in 1...4 { try await site.sql.run("INSERT INTO t VALUES (\(id))") }
      var receiver = Receiver(duplex)
      let transactions = try await receiver.next(4)
      #expect(try await site.confirmedFlush() == start)

      duplex.sendStatusUpdate(flush: transactions[1].endLSN)
      try await eventually("the slot is where it was acknowledged") {
        try await site.confirmedFlush() == transactions[1].endLSN
      }
      // Not backwards, and not by what is written only.
      duplex.sendStatusUpdate(flush: transactions[0].endLSN)
      duplex.sendStatusUpdate(flush: .zero, write: transactions[3].endLSN)
      try await Task.sleep(for: .milliseconds(100))
      #expect(try await site.confirmedFlush() == transactions[1].endLSN)
      let written = try await site.sql.lsn(
        "SELECT write_lsn FROM pg_stat_replication WHERE pid = \(try await holder(site))")
      #expect(written == transactions[3].endLSN)

      duplex.sendStatusUpdate(flush: transactions[2].endLSN)
      await duplex.close()
      #expect(try await site.confirmedFlush() == transactions[2].endLSN)
      #expect(!duplex.sendStatusUpdate(flush: transactions[3].endLSN))
    }
  }

  private func holder(_ site: Site) async throws -> String {
    try await site.sql.value(
      "SELECT active_pid FROM pg_replication_slots WHERE slot_name = '\(site.name)'")
  }

  @Test(arguments: TestServer.all)
  func `what was not acknowledged comes again, and nothing else`(server: TestServer) async throws {
    try await onSite(server) { site in
      let client = try await site.prepare()
      for id in 1...5 { try await site.sql.run("INSERT INTO t VALUES (\(id))") }

      var received: [[String]] = []
      for acknowledged in [0, 2, 3] {
        let duplex = try await client.startReplication()
        var receiver = Receiver(duplex)
        var ids: [String] = []
        while let transaction = try await receiver.next() {
          let id = try #require(transaction.changes.first?.new["id"] ?? nil)
          ids.append(id)
          if Int(id) == acknowledged { duplex.sendStatusUpdate(flush: transaction.endLSN) }
          if id == "5" { break }
        }
        received.append(ids)
        await duplex.close()
      }
      #expect(received[0] == ["1", "2", "3", "4", "5"])
      #expect(received[1] == ["1", "2", "3", "4", "5"])
      #expect(received[2] == ["3", "4", "5"])
    }
  }

  @Test(arguments: TestServer.all)
  func `a stream begins where it is asked to`(server: TestServer) async throws {
    try await onSite(server) { site in
      let client = try await site.prepare()
      for id in 1...3 { try await site.sql.run("INSERT INTO t VALUES (\(id))") }
      func firstID(from lsn: LSN?) async throws -> (ReceivedTransaction, String?) {
        let duplex = try await client.startReplication(from: lsn)
        var receiver = Receiver(duplex)
        let transaction = try #require(try await receiver.next())
        await duplex.close()
        return (transaction, transaction.changes.first?.new["id"] ?? nil)
      }
      let (first, id) = try await firstID(from: nil)
      #expect(id == "1")
      #expect(try await firstID(from: .zero).1 == "1")
      #expect(try await firstID(from: first.commitLSN).1 == "1")
      #expect(try await firstID(from: first.endLSN).1 == "2")
      #expect(try await firstID(from: LSN(rawValue: 1)).1 == "1")
    }
  }

  @Test(arguments: TestServer.all)
  func `an idle stream's slot follows the log only if it may`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE unpublished (id int)")
      try await site.publish("TABLE t")
      for follows in [false, true] {
        let client = try site.client {
          $0.advancesWhenIdle = follows
          $0.statusInterval = .milliseconds(100)
        }
        try await client.ensureSlot()
        let duplex = try await client.startReplication()
        // Servers 13 and 14 send these as empty transactions, which are to be acknowledged as all.
        let reader = Task {
          for try await event in duplex {
            if case .commit(let commit) = event { duplex.sendStatusUpdate(flush: commit.endLSN) }
          }
        }
        let before = try await site.confirmedFlush()
        try await site.sql.run("SELECT pg_switch_wal()")
        try await site.sql.run("CREATE TABLE \(follows ? "b" : "a") ()")
        let target = try await site.currentLSN()
        if follows {
          try await eventually("the slot follows") { try await site.confirmedFlush() >= target }
        } else if server.version >= 15 {
          try await Task.sleep(for: .milliseconds(500))
          #expect(try await site.confirmedFlush() == before)
        }
        await duplex.close()
        try await reader.value
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `an idle stream's slot never passes what was not acknowledged`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      let client = try site.client {
        $0.advancesWhenIdle = true
        $0.statusInterval = .milliseconds(50)
      }
      try await client.ensureSlot()
      let duplex = try await client.startReplication()
      try await site.sql.run("INSERT INTO t VALUES (1)")
      var receiver = Receiver(duplex)
      let transaction = try #require(try await receiver.next())
      for _ in 0..<5 {
        try await site.sql.run("SELECT txid_current()")
        try await Task.sleep(for: .milliseconds(60))
      }
      #expect(try await site.confirmedFlush() <= transaction.commitLSN)
      duplex.sendStatusUpdate(flush: transaction.endLSN)
      try await eventually("the slot is there") {
        try await site.confirmedFlush() >= transaction.endLSN
      }
      await duplex.close()
    }
  }
}
