internal import CSinkSystem
internal import Foundation
internal import Synchronization

/// Answers GET and HEAD over HTTP/1.1, one request after the other, on one thread of its own.
///
/// Each connection has one request, a limit for its head, and a limit for its time: a client that
/// is slow or says nothing holds the others up for two seconds.
///
/// HTTP/1.1: <https://www.rfc-editor.org/rfc/rfc9112>
final class HTTPServer: Sendable {
  /// Where it listens, with the port that it got.
  let address: HTTPAddress
  private let listener: Int32
  private let isStopped = Atomic<Bool>(false)
  private let respond: @Sendable (HTTPRequest) -> HTTPResponse

  private static let longestHead = 8192
  /// In milliseconds: for a request, for the peer to take the answer, and between two looks at
  /// whether it is stopped.
  private static let patience: Int32 = 1000
  private static let interval: Int32 = 200

  /// Listens from now on.
  ///
  /// - Throws: ``PlanError`` if that is impossible.
  init(
    _ address: HTTPAddress, respond: @escaping @Sendable (HTTPRequest) -> HTTPResponse
  ) throws(PlanError) {
    let size = 256
    var reason = [CChar](repeating: 0, count: size)
    let opened = unsafe sinksys_listen(address.host, "\(address.port)", &reason, size)
    guard opened >= 0 else {
      let words = reason.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }
      throw PlanError("cannot listen at \(address): \(String(decoding: words, as: UTF8.self))")
    }
    let port = sinksys_port(opened)
    listener = opened
    self.address = HTTPAddress(host: address.host, port: UInt16(exactly: port) ?? address.port)
    self.respond = respond
    Thread.detachNewThread { [self] in serve() }
  }

  /// Listens no longer, a moment later.
  func stop() { isStopped.store(true, ordering: .releasing) }

  private func serve() {
    while !isStopped.load(ordering: .acquiring) {
      let connection = sinksys_accept(listener, Self.interval)
      guard connection >= 0 else { continue }
      answer(connection)
      sinksys_close(connection)
    }
    sinksys_close(listener)
  }

  private func answer(_ connection: Int32) {
    var head = [UInt8](repeating: 0, count: Self.longestHead)
    let count = unsafe sinksys_read_head(connection, &head, Self.longestHead, Self.patience)
    // A peer that has not sent a whole request in time gets nothing.
    guard count > 0 else { return }
    let request = HTTPRequest(head: head.prefix(count))
    let bytes = response(to: request).bytes(hasBody: request?.method != "HEAD")
    _ = unsafe sinksys_write(connection, bytes, bytes.count, Self.patience)
  }

  private func response(to request: HTTPRequest?) -> HTTPResponse {
    guard let request else { return .badRequest }
    guard request.method == "GET" || request.method == "HEAD" else { return .notAllowed }
    return respond(request)
  }
}
