public import PGWire

/// Why a pgoutput message could not be decoded.
///
/// Every case names the position of the message.
@nonexhaustive public enum PgOutputError: Error, Hashable, Sendable {
  /// The message's type letter is none that pgoutput has.
  case unknownMessage(letter: UInt8, lsn: LSN)
}
