import Foundation
import Testing

@testable import pgcdc_sink

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Requests, answers and addresses, and the server itself over a socket.
@Suite(.timeLimit(.minutes(2))) struct HTTPTests {
  @Test func `the first line of a request is read`() {
    let request = HTTPRequest(head: Array("GET /metrics?a=1 HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
    #expect(request?.method == "GET")
    #expect(request?.path == "/metrics")
  }

  @Test(arguments: [
    "", "GET", "GET /", "GET /x HTTP/2", "GET  /x HTTP/1.1", "GET x HTTP/1.1",
    "GET /x HTTP/1.1 more", "\u{1}GET /x HTTP/1.1", " /x HTTP/1.1",
  ])
  func `what is no request is refused`(line: String) {
    #expect(HTTPRequest(head: Array("\(line)\r\n\r\n".utf8)) == nil)
  }

  @Test func `an answer has its length, with and without a body`() {
    let response = HTTPResponse(status: 200, reason: "OK", body: "é\n")
    let head = """
      HTTP/1.1 200 OK\r
      Content-Type: text/plain; charset=utf-8\r
      Content-Length: 3\r
      Cache-Control: no-store\r
      Connection: close\r
      \r

      """
    #expect(String(decoding: response.bytes(), as: UTF8.self) == head + "é\n")
    #expect(String(decoding: response.bytes(hasBody: false), as: UTF8.self) == head)
  }

  @Test(arguments: [
    ("9464", "127.0.0.1:9464"), ("0.0.0.0:1", "0.0.0.0:1"), ("[::1]:80", "[::1]:80"),
    ("localhost:0", "localhost:0"),
  ])
  func `an address is a port, or a host and a port`(text: String, expected: String) throws {
    #expect(try #require(HTTPAddress(text)).description == expected)
  }

  @Test(arguments: ["", ":", ":80", "x", "x:", "x:y", "x:65536", "::1:80", "-1", "x:-1", "[]:80"])
  func `other texts are no address`(text: String) {
    #expect(HTTPAddress(text) == nil)
  }

  @Test func `it answers one request after the other, and then listens no longer`() async throws {
    let server = try HTTPServer(HTTPAddress(host: "127.0.0.1", port: 0)) { request in
      request.path == "/health"
        ? HTTPResponse(status: 200, reason: "OK", body: "well\n") : .notFound
    }
    #expect(server.address.port != 0)
    for _ in 1...3 {
      let (body, status) = try await Self.get("/health", from: server)
      #expect(body == "well\n")
      #expect(status == 200)
    }
    #expect(try await Self.get("/x", from: server).status == 404)
    #expect(throws: PlanError.self) {
      try HTTPServer(server.address) { _ in .notFound }
    }
    server.stop()
    try await Task.sleep(for: .seconds(1))
    let again = try HTTPServer(server.address) { _ in .notFound }
    again.stop()
  }

  private static func get(
    _ path: String, from server: HTTPServer
  ) async throws -> (body: String, status: Int) {
    let url = try #require(URL(string: "http://\(server.address)\(path)"))
    let (data, response) = try await URLSession.shared.data(from: url)
    let status = try #require(response as? HTTPURLResponse).statusCode
    return (String(decoding: data, as: UTF8.self), status)
  }
}
