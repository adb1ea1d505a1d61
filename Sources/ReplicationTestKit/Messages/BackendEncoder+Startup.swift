public import PGWire

// What comes between the startup packet and the first query, or at any moment.

extension BackendEncoder {
  /// Message: AuthenticationOk (`R` 0).
  public static func authenticationOk() -> [UInt8] { authenticationRequest(code: 0) }

  /// Message: AuthenticationCleartextPassword (`R` 3).
  public static func authenticationCleartextPassword() -> [UInt8] { authenticationRequest(code: 3) }

  /// Message: AuthenticationMD5Password (`R` 5).
  public static func authenticationMD5Password(salt: UInt32) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(salt)
    return authenticationRequest(code: 5, data: writer.bytes)
  }

  /// Message: AuthenticationSASL (`R` 10).
  public static func authenticationSASL(mechanisms: [String] = ["SCRAM-SHA-256"]) -> [UInt8] {
    var writer = ByteWriter()
    for mechanism in mechanisms { writer.writeCString(mechanism) }
    writer.write(UInt8(0))
    return authenticationRequest(code: 10, data: writer.bytes)
  }

  /// Message: AuthenticationSASLContinue (`R` 11).
  public static func authenticationSASLContinue(_ text: String) -> [UInt8] {
    authenticationRequest(code: 11, data: Array(text.utf8))
  }

  /// Message: AuthenticationSASLFinal (`R` 12).
  public static func authenticationSASLFinal(_ text: String) -> [UInt8] {
    authenticationRequest(code: 12, data: Array(text.utf8))
  }

  /// Any authentication request (`R`), also one that a client does not know.
  public static func authenticationRequest(code: Int32, data: [UInt8] = []) -> [UInt8] {
    message("R") { writer in
      writer.write(code)
      writer.write(contentsOf: data)
    }
  }

  /// Message: ParameterStatus (`S`).
  public static func parameterStatus(_ name: String, _ value: String) -> [UInt8] {
    message("S") { writer in
      writer.writeCString(name)
      writer.writeCString(value)
    }
  }

  /// Message: BackendKeyData (`K`); the secret has 4 bytes, since protocol 3.2 up to 256.
  public static func backendKeyData(
    processID: Int32, secret: [UInt8] = [0x5E, 0xC2, 0xE7, 0x00]
  ) -> [UInt8] {
    message("K") { writer in
      writer.write(processID)
      writer.write(contentsOf: secret)
    }
  }

  /// Message: ReadyForQuery (`Z`).
  public static func readyForQuery(_ status: TransactionStatus = .idle) -> [UInt8] {
    message("Z") { $0.write(status.rawValue) }
  }

  /// Message: NegotiateProtocolVersion (`v`).
  public static func negotiateProtocolVersion(
    version: Int32, unknownOptions: [String] = []
  ) -> [UInt8] {
    message("v") { writer in
      writer.write(version)
      writer.write(Int32(truncatingIfNeeded: unknownOptions.count))
      for option in unknownOptions { writer.writeCString(option) }
    }
  }

  /// Message: NotificationResponse (`A`).
  public static func notificationResponse(
    processID: Int32, channel: String, payload: String = ""
  ) -> [UInt8] {
    message("A") { writer in
      writer.write(processID)
      writer.writeCString(channel)
      writer.writeCString(payload)
    }
  }

  /// Message: ErrorResponse (`E`).
  public static func errorResponse(_ error: ServerError) -> [UInt8] {
    message("E") { write(error, into: &$0) }
  }

  /// Message: ErrorResponse (`E`) with the fields that every error has.
  public static func errorResponse(
    severity: String = "ERROR", _ sqlState: SQLState, _ text: String
  ) -> [UInt8] {
    errorResponse(.made(severity: severity, sqlState, text))
  }

  /// Message: NoticeResponse (`N`).
  public static func noticeResponse(_ notice: ServerError) -> [UInt8] {
    message("N") { write(notice, into: &$0) }
  }

  private static func write(_ error: ServerError, into writer: inout ByteWriter) {
    for field in ServerError.Field.allCases {
      guard let code = field.rawValue.asciiValue, let text = error[field] else { continue }
      writer.write(code)
      writer.writeCString(text)
    }
    writer.write(UInt8(0))
  }
}

extension ServerError {
  /// An error or notice with the fields that servers always send.
  public static func made(
    severity: String = "ERROR", _ sqlState: SQLState, _ message: String
  ) -> ServerError {
    ServerError([
      .localizedSeverity: severity, .severity: severity, .sqlState: sqlState.rawValue,
      .message: message,
    ])
  }
}
