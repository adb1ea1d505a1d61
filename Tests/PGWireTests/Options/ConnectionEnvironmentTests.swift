import PGWire
import Testing

@Suite struct ConnectionEnvironmentTests {
  private let environment = [
    "PGHOST": "envhost", "PGPORT": "1", "PGUSER": "envuser", "PGPASSWORD": "envpass",
    "PGDATABASE": "envdb", "PGSSLMODE": "disable", "PGAPPNAME": "envapp",
    "PGCONNECT_TIMEOUT": "9", "PGOPTIONS": "-c a=b", "PGCLIENTENCODING": "UTF8", "HOME": "/root",
  ]

  @Test func `is enough by itself`() throws {
    let options = try ConnectionOptions(environment: environment)
    #expect(options.endpoint == .tcp(host: "envhost", port: 1))
    #expect(options.user == "envuser")
    #expect(options.passwordText == "envpass")
    #expect(options.database == "envdb")
    #expect(options.tls.mode == .disable)
    #expect(options.applicationName == "envapp")
    #expect(options.connectTimeout == .seconds(9))
    #expect(options.serverOptions == "-c a=b")
  }

  @Test func `fills only what the string does not say`() throws {
    let options = try ConnectionOptions("postgresql://u@/d?port=2", environment: environment)
    #expect(options.endpoint == .tcp(host: "envhost", port: 2))
    #expect(options.user == "u")
    #expect(options.passwordText == "envpass")
    #expect(options.database == "d")
  }

  @Test func `adds its address even to a host of the string`() throws {
    let options = try ConnectionOptions("host=h user=u", environment: ["PGHOSTADDR": "10.0.0.1"])
    #expect(options.host == "h")
    #expect(options.endpoint == .tcpAddress("10.0.0.1", port: 5432))
  }

  @Test func `is kept out by an empty value, but not by an empty part of a URI`() throws {
    let pairs = try ConnectionOptions(
      "password='' dbname='' options='' application_name=''", environment: environment)
    #expect(pairs.password == nil)
    #expect(pairs.database == "envuser")
    #expect(pairs.serverOptions == nil)
    #expect(pairs.applicationName == nil)
    let uri = try ConnectionOptions("postgresql://:@:/?", environment: environment)
    #expect(uri.passwordText == "envpass")
    #expect(uri.database == "envdb")
    #expect(uri.host == "envhost")
    #expect(throws: ConnectionOptionsError.missingHost) {
      try ConnectionOptions("host=''", environment: environment)
    }
  }

  @Test func `asks for TLS by the old variable unless the new one is there`() throws {
    var environment = ["PGREQUIRESSL": "1"]
    #expect(try ConnectionOptions("host=h user=u", environment: environment).tls.mode == .require)
    environment["PGSSLMODE"] = "allow"
    #expect(try ConnectionOptions("host=h user=u", environment: environment).tls.mode == .allow)
    environment = ["PGREQUIRESSL": "0"]
    #expect(try ConnectionOptions("host=h user=u", environment: environment).tls.mode == .prefer)
  }

  @Test func `names the variable in an error`() {
    let wrong: [(variable: String, value: String)] = [
      ("PGPORT", "70000"), ("PGSSLMODE", "on"), ("PGCONNECT_TIMEOUT", ""), ("PGHOSTADDR", "a.b"),
      ("PGCHANNELBINDING", "on"), ("PGTARGETSESSIONATTRS", "x"),
      ("PGREQUIREAUTH", "scram"), ("PGSSLSNI", "yes"), ("PGCLIENTENCODING", "SJIS"),
      ("PGUSER", "a\0"), ("PGHOST", "@abstract"),
    ]
    for (variable, value) in wrong {
      let error = #expect(throws: ConnectionOptionsError.self) {
        let known = ["PGHOST": "h", "PGUSER": "u"].merging([variable: value]) { $1 }
        return try ConnectionOptions(environment: known)
      }
      #expect(error?.description.contains(variable) == true, "\(variable)")
    }
  }

  @Test func `names the application by string, environment, string's fallback, then ours`() throws {
    func name(_ text: String, _ environment: [String: String] = [:]) throws -> String? {
      try ConnectionOptions(
        "host=h user=u " + text, environment: environment, fallbackApplicationName: "ours"
      ).applicationName
    }
    let environment = ["PGAPPNAME": "env"]
    #expect(try name("application_name=a fallback_application_name=f", environment) == "a")
    #expect(try name("fallback_application_name=f", environment) == "env")
    #expect(try name("fallback_application_name=f") == "f")
    #expect(try name("") == "ours")
    #expect(try name("application_name='' fallback_application_name=f", environment) == nil)
  }
}
