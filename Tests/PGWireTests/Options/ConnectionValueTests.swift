import PGWire
import Testing

/// Values that replace parts of a connection string.
@Suite struct ConnectionValueTests {
  private func options(
    _ text: String, _ values: [ConnectionValue]
  ) throws(ConnectionOptionsError) -> ConnectionOptions {
    try ConnectionOptions(text, replacing: values, files: .system)
  }

  @Test func `a value replaces that of the string, whatever its characters`() throws {
    let options = try options(
      "postgresql://u:old@h:1/d?sslmode=disable",
      [
        ConnectionValue("password", "a b'\\%&=", source: "password"),
        ConnectionValue("dbname", "my db", source: "database"),
        ConnectionValue("port", "6432", source: "port"),
      ])
    #expect(options.passwordText == "a b'\\%&=")
    #expect(options.database == "my db")
    #expect(options.hosts == [ConnectionHost("h", port: 6432)])
    #expect(options.tls.mode == .disable)
  }

  @Test func `an error names what the value came from, and does not repeat it`() throws {
    #expect(throws: ConnectionOptionsError.unknownKey("the key")) {
      _ = try options("host=h user=u", [ConnectionValue("colour", "red", source: "the key")])
    }
    #expect(
      throws: ConnectionOptionsError.invalidValue(
        "database", expected: "text without a zero byte")
    ) {
      _ = try options("host=h user=u", [ConnectionValue("dbname", "a\0b", source: "database")])
    }
    let error = #expect(throws: ConnectionOptionsError.self) {
      _ = try options("host=h user=u", [ConnectionValue("sslmode", "hidden", source: "mode")])
    }
    let text = "\(try #require(error))"
    #expect(text.hasPrefix("mode has an invalid value; expected one of disable, "))
    #expect(!text.contains("hidden"))
  }
}
