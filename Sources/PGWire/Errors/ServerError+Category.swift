extension ServerError {
  /// What can be done about it, as its SQLSTATE says.
  ///
  /// Many conditions share a code. They are told apart by names that no language translates:
  /// those of settings, and of the function in the server's source.
  public var category: ErrorCategory {
    switch sqlState {
    case .objectInUse, .tooManyConnections, .queryCanceled, .adminShutdown, .crashShutdown,
      .cannotConnectNow, .idleSessionTimeout, .idleInTransactionSessionTimeout,
      .transactionTimeout:
      .transient
    case .serializationFailure: isSlotLostToRecovery ? .fatal : .transient
    case .invalidPassword, .invalidAuthorizationSpecification, .invalidCatalogName,
      .insufficientPrivilege, .configurationLimitExceeded, .diskFull, .outOfMemory, .ioError,
      .dataCorrupted, .indexCorrupted:
      .needsOperator
    case .undefinedObject: isAboutPublication ? .needsOperator : .fatal
    case .objectNotInPrerequisiteState:
      if message.contains("WAL sender is in stopping mode") {
        .transient
      } else {
        message.contains("wal_level") ? .needsOperator : .fatal
      }
    case .featureNotSupported:
      isInOutputPlugin || message.contains("wal_level") || message.contains("in recovery")
        ? .needsOperator : .fatal
    case .undefinedFile: routine == "internal_load_library" ? .needsOperator : .fatal
    default: sqlState.classCode == "08" && sqlState != .protocolViolation ? .transient : .fatal
    }
  }

  /// Whether the stream found a publication missing at a point of its log.
  var isAboutPublication: Bool { sqlState == .undefinedObject && isInOutputPlugin }

  private var isInOutputPlugin: Bool { self.where?.contains("output plugin") == true }

  /// A standby had to remove rows that the slot still needed.
  private var isSlotLostToRecovery: Bool { detail?.contains("replication slot") == true }
}
