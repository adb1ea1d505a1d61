import PGWire
import Testing

@Suite struct StartupParametersTests {
  @Test func `pins what SQL and the text of values depend on`() throws {
    var options = try ConnectionOptions(host: "h", user: "u", database: "d")
    options.applicationName = "app"
    options.serverOptions = "-c a=b"
    let parameters = options.startupParameters(replication: .database)
    #expect(
      parameters.map { "\($0.name)=\($0.value)" } == [
        "user=u", "database=d", "replication=database", "application_name=app",
        "client_encoding=UTF8", "options=-c a=b", "search_path=",
        "standard_conforming_strings=on", "DateStyle=ISO", "IntervalStyle=postgres", "TimeZone=UTC",
        "extra_float_digits=3", "bytea_output=hex", "lc_monetary=C",
      ])
  }

  @Test func `sends an ordinary connection no more than it needs`() throws {
    let parameters = try ConnectionOptions(host: "h", user: "u")
      .startupParameters(replication: .off)
    #expect(
      parameters.map { "\($0.name)=\($0.value)" }
        == ["user=u", "database=u", "client_encoding=UTF8"])
  }
}
