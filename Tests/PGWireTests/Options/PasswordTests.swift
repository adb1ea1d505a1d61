import PGWire
import Testing

@Suite struct PasswordTests {
  @Test func `is nowhere to be seen`() throws {
    let options = try ConnectionOptions("postgresql://u:sesame@h/d")
    var dumped = ""
    dump(options, to: &dumped)
    let password = Password("sesame")
    var dumpedPassword = ""
    dump(password, to: &dumpedPassword)
    let texts = [
      "\(options)", String(reflecting: options), dumped, "\(password)",
      String(reflecting: password), dumpedPassword, "\(String(describing: options.password))",
      "\(Mirror(reflecting: options).children.map { "\($0)" })",
      "\(Mirror(reflecting: password).children.map { "\($0)" })",
    ]
    for text in texts { #expect(!text.contains("sesame")) }
    #expect("\(options)" == "u@h:5432/d sslmode=prefer")
    #expect("\(password)" == "Password(redacted)")
  }

  @Test func `is one object in all copies of the options`() throws {
    let options = try ConnectionOptions(host: "h", user: "u", password: Password("sesame"))
    let copy = options
    #expect(options.password === copy.password)
  }

  @Test func `lends its bytes`() {
    #expect(Password("é").withBytes { $0.copied() } == [0xC3, 0xA9])
    #expect(Password(bytes: [0, 255]).withBytes { $0.copied() } == [0, 255])
  }

  @Test func `is overwritten by what its end calls`() {
    var bytes: [UInt8] = [1, 2, 3]
    wipe(&bytes)
    #expect(bytes == [0, 0, 0])
    var none: [UInt8] = []
    wipe(&none)
    #expect(none.isEmpty)
  }

  /// However a string is broken, its error does not repeat the password nor a telling piece.
  @Test(arguments: [
    "postgresql://u:SECRET@h/d?bogus=1", "postgresql://u:SECRET@/d", "postgresql://:SECRET@h/d",
    "postgresql://u:SECRET@h:x/d", "postgresql://u:SECRET%zz@h/d", "postgresql://u:SEC%00RET@h/d",
    "postgresql://u:x/SECRET@h/d", "postgresql://u:SECRET/x@h/d", "postgresql://u:x@SECRET@h/d",
    "postgresql://u:a/b?SECRET=1@h/d", "postgresql://u:a/b?x&SECRET@h", "postgresql://SECRET",
    "postgresql://h/d?user=u&password=x&SECRET=1", "postgresql://h/d?user=u&password=SECRET&x",
    "postgresql://h/d?user=u&password=SECRET=1", "postgresql://u:[SECRET@h:0",
    "postgresql://u:SECRET x@h/d", "postgresql://u:SECRET@[h/d",
    "postgres:u:SECRET@h/d", "mysql://u:SECRET@h/d", "jdbc:postgresql://h/d?user=u&password=SECRET",
    "SECRET", "password=SECRET", "password=x SECRET", "password=x SECRET=1",
    "password='x' SECRET=1", "password='xSECRET", "host=h user=u password=SECRET port=x",
    "host=h user=u password=SECRET sslmode=x", "host=h user=u password=SECRET gsslib=x",
    "host=h user=u sslpassword=SECRET sslsni=x", "host=h user=u scram_client_key=SECRET",
    "host=h user=u port=SECRET", "host=h user=u password=SECRET replication=1",
  ])
  func `stays out of errors`(text: String) {
    let error = #expect(throws: ConnectionOptionsError.self) { try ConnectionOptions(text) }
    guard let error else { return }
    for shown in ["\(error)", String(reflecting: error)] {
      #expect(!shown.contains("SEC"), "\(shown)")
      #expect(!shown.contains("RET"), "\(shown)")
    }
  }
}
