import Testing

@testable import PGWire

/// Names and messages from elsewhere, written for people.
@Suite struct DisplayedTests {
  @Test(arguments: [
    ("plain", "plain"), ("", ""), ("Zoë 🐘 日本", "Zoë 🐘 日本"), ("a\u{301}", "a\u{301}"),
    ("a\nb", "a\\nb"), ("a\r\nb", "a\\r\\nb"), ("\t", "\\t"),
    ("\u{1B}[31mred\u{7}", "\\u{1b}[31mred\\u{7}"), ("\u{9B}2J", "\\u{9b}2J"),
    ("\u{0}\u{7F}\u{80}", "\\u{0}\\u{7f}\\u{80}"), ("\u{85}", "\\u{85}"),
    ("a\u{202E}b\u{2066}c\u{200F}d", "a\\u{202e}b\\u{2066}c\\u{200f}d"),
    ("\u{2028}\u{2029}\u{61C}", "\\u{2028}\\u{2029}\\u{61c}"), ("back\\slash", "back\\slash"),
  ])
  func `what steers a terminal is shown as an escape`(text: String, shown: String) {
    #expect(text.displayed == shown)
    #expect(text.displayed.displayed == shown)
  }

  private static let evil = "a\u{1B}]0;x\u{7}\nforged: line\u{202E}\u{9B}2J"

  private static let errors: [any Error] = [
    ServerError([.severity: evil, .message: evil, .detail: evil, .hint: evil]),
    PGWireError.settingIgnored(evil, expected: evil, found: evil),
    PGWireError.unsupported(evil),
    PGWireError.authentication(.serverRefused(reason: evil)),
    PGWireError.noHost([HostFailure(host: evil, error: PGWireError.unsupported(evil))]),
    PGWireError.authentication(.unsupportedMechanisms([evil, evil])),
    TransportError.unknownHost(evil, reason: evil),
    TransportError.cannotConnect(to: evil, failures: []),
    TLSError.wrongHost(evil, names: [evil]), TLSError.failed(reason: evil), TLSError.alert(evil),
    ConnectionOptionsError.serviceMissing(evil), ConnectionOptionsError.unknownKey(evil),
  ]

  /// A program that embeds us writes errors to its own log.
  @Test(arguments: errors.indices)
  func `an error's description is one line that steers nothing`(index: Int) {
    let text = "\(Self.errors[index])"
    #expect(text == text.displayed)
    #expect(!text.isEmpty)
  }
}
