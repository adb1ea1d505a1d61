/// What the server has reported about itself: `server_version`, `TimeZone` and so on, within
/// limits.
///
/// Message: ParameterStatus (`S`).
struct ReportedParameters: Sendable {
  private(set) var values: [String: String] = [:]
  private var bytes = 0

  /// Takes a report; a name that is known gets the new value.
  ///
  /// - Throws: ``PGWireError/limitExceeded(_:limit:)`` for more than the limits allow.
  mutating func set(
    _ name: String, to value: String, _ limits: ConnectionLimits
  ) throws(PGWireError) {
    let old = values[name]
    bytes += value.utf8.count - (old?.utf8.count ?? -name.utf8.count)
    guard bytes <= limits.parameterBytes else {
      throw .limitExceeded(.parameterBytes, limit: limits.parameterBytes)
    }
    guard old != nil || values.count < limits.parameterCount else {
      throw .limitExceeded(.parameterCount, limit: limits.parameterCount)
    }
    values[name] = value
  }
}
