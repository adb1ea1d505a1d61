internal import ArgumentParser
internal import ReplicationCore

/// The version of pgoutput's protocol.
struct ProtocolVersionArgument: ExpressibleByArgument {
  let version: ReplicationParams.PgOutputVersion

  init?(argument: String) {
    guard let number = Int(argument), (1...4).contains(number),
      let version = ReplicationParams.PgOutputVersion(rawValue: number)
    else { return nil }
    self.version = version
  }

  static var allValueStrings: [String] { ["1", "2", "3", "4"] }
}
