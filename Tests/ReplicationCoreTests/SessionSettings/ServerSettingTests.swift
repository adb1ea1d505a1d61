import Testing

@testable import ReplicationCore

@Suite struct ServerSettingTests {
  @Test(
    arguments: [
      ("1min", .seconds(60)), ("2500ms", .milliseconds(2500)), ("10s", .seconds(10)),
      ("7us", .microseconds(7)), ("3h", .seconds(10_800)), ("24d", .seconds(24 * 86_400)),
      ("1234", .milliseconds(1234)),
    ] as [(String, Duration)])
  func `reads a duration as servers print it`(text: String, duration: Duration) {
    #expect(ServerSetting.duration(text, unit: .milliseconds(1)) == duration)
  }

  @Test(arguments: [
    "0", "0ms", "", "-1", "-5s", "min", "5 s", "5S", "1.5s", "٣s", "9999999999999999999s",
  ])
  func `takes zero for never, and what is no duration for none`(text: String) {
    #expect(ServerSetting.duration(text, unit: .milliseconds(1)) == nil)
  }

  @Test(arguments: ["us", "ms", "s", "min", "h", "d", ""])
  func `survives any number that a server may print`(unit: String) {
    let duration = ServerSetting.duration("9223372036854775807\(unit)", unit: .milliseconds(1))
    #expect(duration.map { $0 > .zero } != false)
  }

  @Test(
    arguments: [
      ("15.18 (Debian 15.18-0+deb12u1)", 15), ("19rc1", 19), ("18", 18), ("17.5", 17), ("", 0),
      ("devel", 0), ("99999999999999999999", 0),
    ])
  func `reads a version`(text: String, major: Int) {
    #expect(ServerSetting.majorVersion(text) == major)
  }
}
