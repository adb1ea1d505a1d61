import ArgumentParser
import ChangeSinks
import Testing

@testable import pgcdc

/// Which options go with lines that are written into files.
@Suite struct FileOutputArgumentsTests {
  private static let start = [
    "--url", "postgresql://u@127.0.0.1:1/d", "--slot", "s", "--publication", "p",
  ]
  private static let output = ["--output", "f"]

  @Test(
    arguments: [
      (["--rotate-bytes", "1MiB"], "--rotate-bytes requires --output"),
      (["--rotate-after", "1h"], "--rotate-after requires --output"),
      (["--compress", "gzip"], "--compress requires --output"),
      (output + ["--compress", "zip"], "'zip' is invalid"),
      (["--output", ""], "needs the name of a file"),
      (["--output", "/tmp/"], "needs the name of a file"),
      (["--output", "postgresql://u:p@h/d"], "in place of a file's name"),
      (output + ["--rotate-bytes", "0"], "at least 1"),
      (output + ["--format", "raw"], "--output requires --format json or debezium"),
      (output + ["--format", "events"], "--output requires --format json or debezium"),
      (output + ["--no-ack"], "--no-ack exclude"),
      (output + ["--max-transactions", "1"], "--max-transactions exclude"),
      (output + ["--streaming", "on", "--provisional"], "--provisional exclude"),
      (output + ["--temporary"], "--temporary exclude"),
      (output + ["--snapshot", "initial", "--keep-slot"], "--keep-slot exclude"),
      (output + ["--snapshot", "incremental", "--resnapshot", "t"], "--resnapshot exclude"),
      (output + ["--start-lsn", "0/1"], "FILE.state says where"),
      (output + ["--checkpoint", "c"], "FILE.state has the checkpoint"),
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
      [], ["--snapshot", "initial"], ["--snapshot", "incremental", "--until-now"],
      ["--format", "debezium", "--until-now"], ["--create-slot", "--two-phase"], ["--progress"],
      ["--accept-upgraded", "--whole-transactions"],
    ])
  func `what goes together is taken`(options: [String]) throws {
    _ = try StreamCommand.parse(Self.start + Self.output + options)
  }

  @Test func `compression needs the trait`() throws {
    let arguments = Self.start + Self.output + ["--compress", "gzip"]
    #if Compression
      let command = try StreamCommand.parse(arguments)
      #expect(command.files.compressor?.fileExtension == "gz")
      #expect(try StreamCommand.parse(Self.start + Self.output).files.compressor == nil)
    #else
      do {
        _ = try StreamCommand.parse(arguments)
        Issue.record("it was taken")
      } catch {
        let message = StreamCommand.message(for: error)
        #expect(message.contains("the trait Compression"), "\(message)")
      }
    #endif
  }

  @Test func `files have a size and an age`() throws {
    let plain = try StreamCommand.parse(Self.start + Self.output)
    #expect(plain.files.options?.path == "f")
    #expect(plain.files.options?.maxSegmentBytes == 1 << 30)
    #expect(plain.files.options?.maxSegmentAge == nil)
    let command = try StreamCommand.parse(
      Self.start + Self.output + ["--rotate-bytes", "64MiB", "--rotate-after", "1h"])
    #expect(command.files.options?.maxSegmentBytes == 64 << 20)
    #expect(command.files.options?.maxSegmentAge == .seconds(3600))
    #expect(try StreamCommand.parse(Self.start).files.options == nil)
  }
}
