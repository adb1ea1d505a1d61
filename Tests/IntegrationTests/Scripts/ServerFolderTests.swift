import Foundation
import PGWire
import Testing

/// Nobody but the caller of `Scripts/postgres` decides what it deletes, prints or signals.
@Suite struct ServerFolderTests {
  private static let servers = TestServer.newest.filter { $0.fact("SOURCE") == "binaries" }

  private func inFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = URL(filePath: "/tmp/it-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder)
  }

  private func attributes(_ path: String) throws -> (owner: UInt32, mode: Int) {
    let found = try FileManager.default.attributesOfItem(atPath: path)
    return (
      try #require(found[.ownerAccountID] as? NSNumber).uint32Value,
      try #require(found[.posixPermissions] as? NSNumber).intValue
    )
  }

  @Test(arguments: servers)
  func `the user who runs the server can't change what names it`(server: TestServer) async throws {
    try await OwnServer.with(version: server.version) { own in
      let folder = try attributes(own.folder)
      #expect(folder.owner == geteuid() && folder.mode & 0o022 == 0)
      let file = try attributes(own.folder + "/server.env")
      #expect(file.owner == geteuid() && file.mode == 0o600)
      for inside in [own.socketFolder, own.data.path] {
        #expect(try attributes(inside).mode == 0o700)
      }
      // Root runs it as somebody else, who tries to.
      let sql = try await WireConnection.connect(own.localOptions())
      defer { sql.close() }
      let outcome = try? await sql.query(
        "COPY (SELECT 1) TO PROGRAM 'echo PGREPL_DIR=/tmp >>\(own.folder)/server.env'")
      #expect((outcome == nil) == (geteuid() == 0))
    }
  }

  @Test(arguments: servers)
  func `each server has a password of its own`(server: TestServer) async throws {
    try await OwnServer.with(version: server.version) { own in
      let given = try server.options.password.map { $0.withBytes { $0.lossyString() } }
      #expect(own.password.count == 32 && own.password != given)
      let guess = try ConnectionOptions(
        "postgresql://postgres:postgres@127.0.0.1:\(own.port)/postgres")
      let error = await #expect(throws: PGWireError.self) {
        try await WireConnection.connect(guess)
      }
      guard case .server(let words)? = error, words.sqlState == .invalidPassword else {
        Issue.record("the published password: \(String(describing: error))")
        return
      }
    }
  }

  @Test(arguments: servers, ["stop", "restart", "promote"])
  func `a folder that somebody else prepared is refused`(
    server: TestServer, command: String
  ) async throws {
    try await OwnServer.with(version: server.version) { own in
      let facts = try String(contentsOfFile: own.folder + "/server.env", encoding: .utf8)
      try await inFolder { folder in
        let precious = folder.appending(path: "precious")
        let bait = folder.appending(path: "bait")
        let manager = FileManager.default
        for made in [precious, bait] {
          try manager.createDirectory(at: made, withIntermediateDirectories: true)
        }
        let file = bait.appending(path: "server.env")

        func expectRefused(_ words: String) async throws {
          let outcome = try await OwnServer.script([command, bait.path])
          #expect(outcome.status == 1 && outcome.output == "")
          #expect(outcome.errors.contains(words), "\(outcome.errors)")
          #expect(manager.fileExists(atPath: precious.path))
        }

        try await expectRefused("not the folder of a server")
        for other in ["PGREPL_DIR=\(precious.path)\n", facts] {
          try Data(other.utf8).write(to: file)
          try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
          try await expectRefused("describes another folder")
        }
        let right = Data(facts.replacing(own.folder, with: bait.path).utf8)
        try right.write(to: file)
        try manager.setAttributes([.posixPermissions: 0o622], ofItemAtPath: file.path)
        try await expectRefused("can be changed by other users")
        try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        try manager.setAttributes([.posixPermissions: 0o777], ofItemAtPath: bait.path)
        try await expectRefused("can be changed by other users")
        try manager.setAttributes([.posixPermissions: 0o700], ofItemAtPath: bait.path)
        if geteuid() == 0 {
          for path in [file.path, bait.path] {
            try manager.setAttributes([.ownerAccountID: 65534], ofItemAtPath: path)
            try await expectRefused("started by another user")
            try manager.setAttributes([.ownerAccountID: 0], ofItemAtPath: path)
          }
        }
        try manager.moveItem(at: file, to: precious.appending(path: "server.env"))
        try manager.createSymbolicLink(
          at: file, withDestinationURL: precious.appending(path: "server.env"))
        try await expectRefused("not the folder of a server")
      }
      let sql = try await WireConnection.connect(own.localOptions())
      #expect(try await sql.value("SELECT 1") == "1", "the server still runs")
      sql.close()
    }
  }
}
