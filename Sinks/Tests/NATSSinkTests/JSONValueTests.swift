import Testing

@testable import NATSSink

@Suite struct JSONValueTests {
  private func value(_ text: String) -> JSONValue? { JSONValue(Array(text.utf8)) }

  @Test func `an acknowledgement is read`() throws {
    let text = #"{"stream":"orders", "seq":18446744073709551615,"duplicate": true}"#
    let answer = try #require(value(text))
    let ack = try #require(PubAck(answer))
    #expect(ack.stream == "orders")
    #expect(ack.sequence == .max)
    #expect(ack.isDuplicate)
    #expect(APIFailure(answer) == nil)
  }

  @Test func `a failure is read`() throws {
    let text = #"""
      {"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 3"},
       "stream":"o","seq":0}
      """#
    let answer = try #require(value(text))
    let failure = try #require(APIFailure(answer))
    #expect(failure.code == 400)
    #expect(failure.number == APIFailure.wrongLastSequence)
    #expect(failure.description == "wrong last sequence: 3")
    #expect(PubAck(answer) == nil)
  }

  @Test(arguments: [
    (#""a\u003e\n\"""#, "a>\n\""), (#""\ud83d\ude00""#, "😀"), (#""größer""#, "größer"),
    (#""""#, ""),
  ])
  func `texts have escapes`(_ text: String, _ expected: String) {
    #expect(value(text)?.text == expected)
  }

  @Test func `values of every kind are read`() {
    let found = value(#" { "a" : [1, -2.5e3, true, false, null, [], {}] , "b" : "" } "#)
    #expect(
      found
        == .object([
          "a": .array([
            .number("1"), .number("-2.5e3"), .bool(true), .bool(false), .null, .array([]),
            .object([:]),
          ]), "b": .string(""),
        ]))
  }

  @Test(arguments: [
    "", " ", "{", "[1,", "[1 2]", "{\"a\"}", "{\"a\":}", "\"a", "\"\\x\"", "\"\\ud83d\"",
    "\"\\udc00\"", "nul", "{} {}", "\"\n\"", "\"\\u12\"", "+",
    String(repeating: "[", count: 100_000),
  ])
  func `what is not JSON is refused`(_ text: String) {
    // A number is not looked into before it is used.
    #expect(value(text).map { $0.integer == nil && text == "+" } ?? true)
  }

  @Test func `every part of an answer is refused`() {
    let text = Array(
      #"{"config":{"subjects":["a\u003e"],"max_age":-1},"state":{"last_seq":5}}"#.utf8)
    #expect(JSONValue(text) != nil)
    for count in 0..<text.count { #expect(JSONValue(Array(text[..<count])) == nil) }
  }
}
