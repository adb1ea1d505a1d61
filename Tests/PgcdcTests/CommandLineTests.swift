import ArgumentParser
import PGWire
import PgcdcArguments
import Testing

@testable import pgcdc

/// What is said of a command line, and what is never repeated of it.
@Suite struct CommandLineTests {
  private static let secrets = [
    "postgres://u:s3cret@host/db", "postgresql://u:s3cret@host/db?sslmode=require",
    "--ulr=postgres://u:s3cret@host/db", "host=h user=u password=s3cret",
    "password = 's3cret'", "http://u:s3cret@host/", "--url=host=h password=s3cret",
    "PASSWORD=s3cret", "u:s3cret@host/db", "--ulr=u:s3cret@host", "sasl.secret = s3cret",
  ]

  @Test(arguments: secrets) func `an argument with a password is not repeated`(argument: String) {
    let text = "Unexpected argument '\(argument)'; cannot read \(argument): no such file"
    let shown = CommandLineSecrets.redact(text, arguments: ["stream", argument, "--slot"])
    #expect(!shown.contains("s3cret"), "\(shown)")
    #expect(shown.contains("(a connection string)"))
  }

  @Test func `other arguments are`() {
    let text = "Unexpected argument 'surplus' of slot a=b"
    #expect(CommandLineSecrets.redact(text, arguments: ["surplus", "a=b", "--x=y"]) == text)
  }

  @Test(
    arguments: [
      (["stream", "--slots", "s"], "unknown option '--slots'; did you mean '--slot'?"),
      (["slot", "drop", "--ulr=x", "s"], "unknown option '--ulr'; did you mean '--url'?"),
      (["slot", "lsit"], "there is no command 'lsit'; did you mean 'list'?"),
      (["strem"], "there is no command 'strem'; did you mean 'stream'?"),
      (["nonsense"], "there is no command 'nonsense'"),
      (
        ["stream", "--publicatoin", "p"],
        "unknown option '--publicatoin'; did you mean '--publication'?"
      ),
      (["stream", "--colour", "p"], "unknown option '--colour'"),
      (["stream", "--slot", "s", "--", "--odd"], nil), (["stream", "--slot", "s"], nil), ([], nil),
    ] as [([String], String?)])
  func `what is misspelt is named, and what was meant`(arguments: [String], advice: String?) {
    #expect(UsageError.advice(arguments) == advice)
  }

  @Test func `a slot and its server may stand by themselves`() throws {
    let url = "postgresql://u@h/d"
    for words in [
      ["s1", url], [url, "s1"], ["s1", "--url", url], ["--slot", "s1", url],
      ["--slot", "s1", "--url", url], ["s1", "host=h user=u dbname=d"],
    ] {
      let command = try SlotCommand.Drop.parse(words)
      #expect(command.slot.slot == "s1")
      #expect(try command.slot.connection.options().user == "u")
    }
    for words in [
      ["s1", "s2", "--url", url], ["--slot", "s1", "s2", url], [url], [url, url, "--slot", "s"],
      ["s1", url, "--url", url], ["s1", "s2", "s3"],
    ] {
      #expect(throws: (any Error).self) { _ = try SlotCommand.Drop.parse(words) }
    }
    let list = try SlotCommand.List.parse([url])
    #expect(try list.connection.options().user == "u")
    #expect(throws: (any Error).self) { _ = try SlotCommand.List.parse(["word", "--url", url]) }
  }

  @Test(arguments: [
    ("0", 0), ("8388608", 8 << 20), ("64kB", 64000), ("64KiB", 1 << 16), ("8MiB", 8 << 20),
    ("2g", 2_000_000_000), ("1GiB", 1 << 30), ("9223372036854775807", Int.max),
  ])
  func `bytes have units`(text: String, bytes: Int) {
    #expect(ByteCountArgument(argument: text)?.bytes == bytes)
  }

  @Test(arguments: [
    "", "MB", "-1", "1.5MB", "8 MB", "9223372036854775807k", "99999999999999999999",
  ])
  func `other texts are no bytes`(text: String) {
    #expect(ByteCountArgument(argument: text) == nil)
  }
}
