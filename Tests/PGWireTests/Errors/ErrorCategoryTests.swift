import PGWire
import Testing

/// What can be done about the errors that a replication client meets.
@Suite struct ErrorCategoryTests {
  private func made(
    _ state: String, _ message: String, _ more: [ServerError.Field: String] = [:]
  ) -> ServerError {
    ServerError([.sqlState: state, .message: message].merging(more) { $1 })
  }

  private static let inPlugin: [ServerError.Field: String] = [
    .where: "slot \"s\", output plugin \"pgoutput\", in the change callback, associated LSN 0/1"
  ]

  @Test(
    arguments: [
      ("55006", "replication slot \"s\" is active for PID 1", [:], .transient),
      ("53300", "sorry, too many clients already", [:], .transient),
      ("57P01", "terminating connection", [:], .transient),
      ("57P03", "the database system is starting up", [:], .transient),
      ("08006", "connection failure", [:], .transient),
      (
        "55000", "cannot execute new commands while WAL sender is in stopping mode", [:], .transient
      ),
      ("40001", "canceling statement due to conflict with recovery", [:], .transient),
      (
        "40001", "canceling statement due to conflict with recovery",
        [.detail: "User was using a logical replication slot that must be invalidated."], .fatal
      ),
      ("28P01", "password authentication failed", [:], .needsOperator),
      ("3D000", "database \"x\" does not exist", [:], .needsOperator),
      ("53400", "all replication slots are in use", [:], .needsOperator),
      ("55000", "logical decoding requires \"wal_level\" >= \"logical\"", [:], .needsOperator),
      ("42704", "publication \"p\" does not exist", inPlugin, .needsOperator),
      ("0A000", "cannot use different column lists", inPlugin, .needsOperator),
      (
        "58P01", "could not access file \"x\"", [.routine: "internal_load_library"], .needsOperator
      ),
      ("58P01", "requested WAL segment 0 has already been removed", [:], .fatal),
      ("42704", "replication slot \"s\" does not exist", [:], .fatal),
      ("55000", "can no longer access replication slot \"s\"", [:], .fatal),
      ("0A000", "client sent proto_version=9", [:], .fatal),
      ("57P04", "terminating connection because of a database drop", [:], .fatal),
      ("08P01", "invalid startup packet", [:], .fatal),
      ("XX000", "unrecognized option", [:], .fatal),
      ("", "", [:], .fatal),
    ] as [(String, String, [ServerError.Field: String], ErrorCategory)])
  func `by code, and by what no language translates`(
    state: String, message: String, more: [ServerError.Field: String], category: ErrorCategory
  ) {
    #expect(made(state, message, more).category == category)
    #expect(PGWireError.server(made(state, message, more)).category == category)
  }

  @Test(
    arguments: [
      (.transport(.closedByServer), .transient), (.transport(.cancelled), .fatal),
      (.transport(.unknownHost("h", reason: "r")), .transient),
      (.wrongSession(wanted: .primary), .transient),
      (.authentication(.passwordRequired), .needsOperator),
      (.settingIgnored("TimeZone", expected: "UTC", found: "x"), .needsOperator),
      (.options(.missingHost), .fatal), (.wire(.invalidUTF8), .fatal),
      (
        .noHost([
          HostFailure(host: "a", error: .authentication(.passwordRequired)),
          HostFailure(host: "b", error: .transport(.closedByServer)),
        ]), .transient
      ),
    ] as [(PGWireError, ErrorCategory)])
  func `of a connection`(error: PGWireError, category: ErrorCategory) {
    #expect(error.category == category)
    #expect(error.isTransient == (category == .transient))
  }

  @Test(
    arguments: [
      ("42501", "permission denied to start WAL sender", [.routine: "InitPostgres"], "REPLICATION"),
      ("42501", "must be superuser", [.routine: "CheckSlotPermissions"], "REPLICATION"),
      ("42501", "permission denied for table t", [.routine: "aclcheck_error"], nil),
      (
        "28000", "no pg_hba.conf entry", [.routine: "ClientAuthentication"], "name of its database"
      ),
      (
        "28000", "connection requires a valid client certificate",
        [.routine: "ClientAuthentication"], "sslcert"
      ),
      ("28000", "role \"x\" does not exist", [.routine: "InitializeSessionUserId"], nil),
      (
        "53300", "number of requested standby connections exceeds max_wal_senders", [:],
        "pg_stat_replication"
      ),
      ("53300", "sorry, too many clients already", [:], nil),
      ("08P01", "unsupported startup parameter: replication", [:], "PgBouncer"),
      (
        "42601", "syntax error at or near \"START_REPLICATION\"", [.position: "1"], "pooler"
      ),
      ("42704", "publication \"p\" does not exist", inPlugin, "before"),
      ("42704", "replication slot \"s\" does not exist", [:], nil),
    ] as [(String, String, [ServerError.Field: String], String?)])
  func `with a way out where the server's words name none`(
    state: String, message: String, more: [ServerError.Field: String], word: String?
  ) throws {
    let error = made(state, message, more)
    guard let word else {
      #expect(error.advice == nil)
      return
    }
    #expect(error.advice?.contains(word) == true)
    #expect("\(PGWireError.server(error))".contains(word))
  }
}
