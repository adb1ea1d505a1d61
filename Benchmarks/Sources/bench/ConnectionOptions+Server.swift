internal import Foundation
internal import PGWire

extension ConnectionOptions {
  /// The server that the scripts have started, whose password is in PGPASSWORD.
  init(server url: String) throws {
    try self.init(url, environment: ProcessInfo.processInfo.environment)
  }
}
