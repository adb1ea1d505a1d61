extension ServerError {
  /// What can be done about it.
  ///
  /// The SQLSTATE says it. Where conditions share a code, they are distinguished by the function in
  /// the server's source (``routine``) and by the command that the server was executing, not by
  /// texts, which follow the server's language.
  ///
  /// A standby that had to remove rows which a slot still needed says so in a detail alone, which
  /// is translated. That error counts as transient; the slot shows that it is lost.
  public var category: ErrorCategory {
    switch sqlState {
    case .objectInUse, .tooManyConnections, .queryCanceled, .adminShutdown, .crashShutdown,
      .cannotConnectNow, .idleSessionTimeout, .idleInTransactionSessionTimeout,
      .transactionTimeout, .serializationFailure:
      .transient
    case .invalidPassword, .invalidAuthorizationSpecification, .invalidCatalogName,
      .insufficientPrivilege, .configurationLimitExceeded, .diskFull, .outOfMemory, .ioError,
      .dataCorrupted, .indexCorrupted:
      .needsOperator
    case .undefinedObject: isAboutPublication ? .needsOperator : .fatal
    case .objectNotInPrerequisiteState:
      isFromStoppingWalsender ? .transient : isAboutServerSettings ? .needsOperator : .fatal
    case .featureNotSupported: isInOutputPlugin || isAboutServerSettings ? .needsOperator : .fatal
    case .undefinedFile: routine == "internal_load_library" ? .needsOperator : .fatal
    default: sqlState.classCode == "08" && sqlState != .protocolViolation ? .transient : .fatal
    }
  }

  /// Whether the stream found a publication missing at a point of its log.
  var isAboutPublication: Bool { sqlState == .undefinedObject && isInOutputPlugin }

  /// Whether the slot's plugin raised it.
  ///
  /// While a walsender decodes, the only context that it reports is the plugin's callback.
  private var isInOutputPlugin: Bool { command == .startReplication && self.where != nil }

  /// The server is shutting down, and its walsenders take no more commands.
  private var isFromStoppingWalsender: Bool { routine == "exec_replication_command" }

  /// `wal_level` or `max_replication_slots` is too low, here or on the primary; or the server is a
  /// standby, which can't decode up to version 15.
  private var isAboutServerSettings: Bool {
    routine == "CheckLogicalDecodingRequirements" || routine == "CheckSlotRequirements"
  }
}
