/// The first line of a request; nothing else of it matters.
struct HTTPRequest: Hashable, Sendable {
  let method: String
  /// The path, without a query.
  let path: String

  /// Reads the head of a request.
  ///
  ///     GET /metrics?x=1 HTTP/1.1
  ///
  /// - Returns: `nil` if it is none of HTTP/1.
  init?(head: some Collection<UInt8>) {
    let line = head.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    guard line.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return nil }
    let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    guard parts.count == 3, parts[2].hasPrefix("HTTP/1."), !parts[0].isEmpty,
      parts[1].hasPrefix("/")
    else { return nil }
    method = parts[0]
    path = String(parts[1].prefix { $0 != "?" })
  }
}

/// An answer to a request.
struct HTTPResponse: Hashable, Sendable {
  var status: Int
  var reason: String
  var contentType = "text/plain; charset=utf-8"
  var body: String

  /// The bytes to send.
  ///
  /// - Parameter hasBody: Whether the body is sent, and not only its length.
  func bytes(hasBody: Bool = true) -> [UInt8] {
    let body = Array(body.utf8)
    let head = """
      HTTP/1.1 \(status) \(reason)\r
      Content-Type: \(contentType)\r
      Content-Length: \(body.count)\r
      Cache-Control: no-store\r
      Connection: close\r
      \r

      """
    return Array(head.utf8) + (hasBody ? body : [])
  }

  static let badRequest = HTTPResponse(status: 400, reason: "Bad Request", body: "bad request\n")
  static let notFound = HTTPResponse(
    status: 404, reason: "Not Found", body: "there are /health and /metrics\n")
  static let notAllowed = HTTPResponse(
    status: 405, reason: "Method Not Allowed", body: "only GET and HEAD\n")
}
