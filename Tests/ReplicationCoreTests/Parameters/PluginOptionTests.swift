import PGWire
import Testing

@testable import ReplicationCore

/// What pgoutput is asked for, by the server's version.
@Suite struct PluginOptionTests {
  /// The options as `name=value`, but for the publications.
  private func options(
    _ server: Int, _ change: (inout ReplicationParams) -> Void = { _ in }
  ) throws(ReplicationError) -> [String] {
    var params = try ReplicationParams(
      url: "postgresql://u@h/d", slot: "s", publications: ["P", "q\"r"])
    change(&params)
    let options = try PgOutputOptions(params).options(forServer: server)
    #expect(options[1].name.text == "publication_names")
    #expect(options[1].value.text == #""P","q""r""#)
    return options.filter { $0.name.text != "publication_names" }.map {
      "\($0.name.text)=\($0.value.text)"
    }
  }

  @Test(arguments: [(13, 1), (14, 2), (15, 3), (16, 4), (17, 4), (18, 4), (19, 4), (42, 4)])
  func `takes the highest protocol version that there is`(server: Int, version: Int) throws {
    #expect(try options(server) == ["proto_version=\(version)"])
  }

  @Test(arguments: 13...19)
  func `takes the version that is wanted, or says which server has it`(server: Int) throws {
    for version in 1...4 {
      let change = { (params: inout ReplicationParams) in
        params.protocolVersion = ReplicationParams.PgOutputVersion(rawValue: version) ?? .automatic
      }
      if version <= min(server - 12, 4) {
        #expect(try options(server, change) == ["proto_version=\(version)"])
      } else {
        #expect(
          throws: ReplicationError.requiresServer(
            feature: "protocol version \(version)", since: version + 12, found: server)
        ) { try options(server, change) }
      }
    }
  }

  @Test func `sends what is wanted and nothing else`() throws {
    #expect(
      try options(16) {
        $0.binary = true
        $0.messages = true
        $0.streaming = .parallel
        $0.twoPhase = true
        $0.origin = .none
      } == [
        "proto_version=4", "binary=true", "messages=true", "streaming=parallel", "two_phase=true",
        "origin=none",
      ])
    #expect(try options(14) { $0.streaming = .on } == ["proto_version=2", "streaming=on"])
  }

  static let wishes: [(String, Int, @Sendable (inout ReplicationParams) -> Void)] = [
    ("the option binary", 14, { $0.binary = true }),
    ("the option messages", 14, { $0.messages = true }),
    ("the option streaming on", 14, { $0.streaming = .on }),
    ("the option streaming parallel", 16, { $0.streaming = .parallel }),
    ("the option two_phase", 15, { $0.twoPhase = true }),
    ("the option origin none", 16, { $0.origin = .none }),
  ]

  @Test(arguments: 0..<wishes.count, 13...19)
  func `a wish is fulfilled, or the server that can is named`(wish: Int, server: Int) throws {
    let (feature, since, change) = Self.wishes[wish]
    if server >= since {
      #expect(try options(server, change).count == 2)
    } else {
      #expect(
        throws: ReplicationError.requiresServer(feature: feature, since: since, found: server)
      ) { try options(server, change) }
    }
  }

  @Test func `wishes that contradict the version are refused without a server`() throws {
    for (streaming, version, isRight) in [
      (.on, .v1, false), (.on, .v2, true), (.parallel, .v3, false), (.parallel, .v4, true),
    ] as [(ReplicationParams.Streaming, ReplicationParams.PgOutputVersion, Bool)] {
      var params = try ReplicationParams(url: "postgresql://u@h/d", slot: "s", publications: ["p"])
      params.protocolVersion = version
      params.streaming = streaming
      let client = Result { try Client(params) }
      #expect(((try? client.get()) != nil) == isRight)
    }
    var params = try ReplicationParams(url: "postgresql://u@h/d", slot: "s", publications: ["p"])
    params.protocolVersion = .v2
    params.twoPhase = true
    let refused = ReplicationError.invalidParameter(
      "the option two_phase needs protocol version 3 or later, 2 was requested")
    #expect(throws: refused) { try Client(params) }
  }
}
