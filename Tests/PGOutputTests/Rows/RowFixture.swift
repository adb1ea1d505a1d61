import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

typealias Encoder = PgOutputEncoder

/// A stream's rows, lent one after the other.
final class RowFixture {
  private var decoder = PgOutputDecoder()
  private let reader: RowReader

  init(types: TypeCatalog = TypeCatalog(), after messages: [UInt8]...) throws {
    reader = RowReader(types: types)
    for message in messages { try decoder.decode(message.span, at: .zero) { _ in } }
  }

  /// Lends the row of an insert or delete, or an update's new row filled from the old one.
  func read<R>(_ message: [UInt8], _ body: (RowView) throws(RowError) -> R) throws -> R? {
    let lsn = LSN(rawValue: 0x1A2_B300)
    let reader = reader
    return try decoder.decode(message.span, at: lsn, wrappingErrors: Failure.decoding) {
      message throws(Failure) -> R? in
      do throws(RowError) {
        switch message {
        case .insert(let relation, let new):
          return try reader.read(new, of: relation, at: lsn, body)
        case .update(let relation, let old, let new):
          return try reader.read(new, old: old, of: relation, at: lsn, body)
        case .delete(let relation, let old):
          return try reader.read(old, of: relation, at: lsn, body)
        default: return nil
        }
      } catch {
        throw .row(error)
      }
    }
  }

  /// The error that reading a row fails with.
  func error(_ message: [UInt8], _ body: (RowView) throws(RowError) -> Void) throws -> RowError? {
    do throws(Failure) {
      _ = try readTyped(message, body)
      return nil
    } catch {
      guard case .row(let error) = error else { throw error }
      return error
    }
  }

  private func readTyped(
    _ message: [UInt8], _ body: (RowView) throws(RowError) -> Void
  ) throws(Failure) {
    do { _ = try read(message, body) } catch let error as Failure { throw error } catch {
      throw .other
    }
  }

  enum Failure: Error {
    case decoding(PgOutputError)
    case row(RowError)
    case other
  }
}

/// An expectation about a row, which the macro can't take apart since it borrows.
func check(_ isTrue: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(isTrue, sourceLocation: sourceLocation)
}
