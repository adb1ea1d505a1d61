import ArgumentParser
import ReplicationCore
import Testing

@testable import pgcdc

/// Which options go with which snapshot.
@Suite struct SnapshotArgumentsTests {
  private static let start = [
    "--url", "postgresql://u@127.0.0.1:1/d", "--slot", "s", "--publication", "p",
  ]
  private static let incremental = ["--snapshot", "incremental", "--checkpoint", "f"]

  @Test(
    arguments: [
      (["--snapshot", "incremental"], "--checkpoint FILE"),
      (incremental + ["--two-phase"], "--two-phase"),
      (incremental + ["--provisional", "--streaming", "on"], "--provisional"),
      (incremental + ["--temporary"], "--temporary"),
      (incremental + ["--start-lsn", "0/1"], "--start-lsn"),
      (incremental + ["--no-ack"], "--no-ack"),
      (incremental + ["--format", "raw"], "--format json or debezium"),
      (incremental + ["--format", "events"], "--format json or debezium"),
      (incremental + ["--keep-slot"], "--snapshot initial"),
      (incremental + ["--snapshot-workers", "0"], "1 to 64"),
      (incremental + ["--snapshot-chunk-size", "1k"], "64KiB to 1GiB"),
      (incremental + ["--snapshot-tables", "a,\"b"], "a quote isn't closed"),
      (incremental + ["--snapshot-tables", "a,,b"], "can't be empty"),
      (incremental + ["--resnapshot", ""], "can't be empty"),
      (incremental + ["--resnapshot-tag", "2"], "requires --resnapshot"),
      (["--snapshot", "initial", "--resnapshot", "t"], "--resnapshot requires --snapshot"),
      (["--snapshot", "initial", "--snapshot-tables", "t"], "--snapshot-tables requires"),
      (["--snapshot", "initial", "--start-lsn", "0/1"], "--start-lsn"),
      (["--snapshot", "initial", "--format", "raw"], "requires --format json or debezium"),
      (["--snapshot-tables", "t"], "--snapshot incremental"),
      (["--snapshot-chunk-size", "1MiB"], "--snapshot incremental"),
      (["--snapshot-workers", "3"], "--snapshot"),
      (["--snapshot", "all"], "'all' is invalid"),
    ] as [([String], String)])
  func `what does not go together is refused by name`(options: [String], words: String) {
    do {
      _ = try StreamCommand.parse(Self.start + options)
      Issue.record("\(options) were taken")
    } catch {
      let message = StreamCommand.message(for: error)
      #expect(message.contains(words), "\(message)")
    }
  }

  @Test(
    arguments: [
      incremental, incremental + ["--format", "debezium"], incremental + ["--until-now"],
      ["--snapshot", "initial"], ["--snapshot", "initial", "--format", "debezium"],
      ["--snapshot", "initial", "--two-phase"],
      ["--snapshot", "initial", "--keep-slot", "--snapshot-workers", "64"],
    ])
  func `what goes together is taken`(options: [String]) throws {
    _ = try StreamCommand.parse(Self.start + options)
  }

  @Test func `options of an incremental snapshot`() throws {
    let command = try StreamCommand.parse(
      Self.start + Self.incremental + [
        "--snapshot-tables", #"a,s.b,"c,d""#, "--snapshot-workers", "5", "--snapshot-chunk-size",
        "1MiB", "--resnapshot", "a", "--resnapshot", #""c,d",s.b"#,
      ])
    let options = try command.snapshot.incrementalOptions()
    #expect(options.tables == ["a", "s.b", "c,d"])
    #expect(options.workers == 5 && options.chunkBytes == 1 << 20)
    #expect(try command.snapshot.resnapshots() == ["a", "c,d", "s.b"])
    let plain = try StreamCommand.parse(Self.start + Self.incremental)
    #expect(try plain.snapshot.incrementalOptions().tables == nil)
    #expect(try plain.snapshot.resnapshots().isEmpty)
  }
}
