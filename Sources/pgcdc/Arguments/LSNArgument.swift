internal import ArgumentParser
internal import PGWire

/// A position as `X/Y`.
struct LSNArgument: ExpressibleByArgument {
  let lsn: LSN

  init?(argument: String) {
    guard let lsn = LSN(argument) else { return nil }
    self.lsn = lsn
  }
}
