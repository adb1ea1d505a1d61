/// What JetStream answers instead of doing what it was asked for.
///
///     {"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 5003"}}
///
/// The numbers: <https://github.com/nats-io/nats-server/blob/main/server/errors.json>
struct APIFailure: Hashable, Sendable {
  /// As of HTTP: 400, 404, 503.
  let code: Int64
  /// What exactly.
  let number: Int64
  let description: String

  /// There is no message of this number, or on this subject.
  static let noMessage: Int32 = 10037
  static let noStream: Int64 = 10059
  static let streamExists: Int64 = 10058
  static let wrongLastSequence: Int64 = 10071
  static let storeFailed: Int64 = 10077
  static let messageTooLarge: Int64 = 10054

  /// The failure in an answer; `nil` if it has none.
  init?(_ answer: JSONValue) {
    guard let error = answer["error"] else { return nil }
    code = error["code"]?.integer ?? 0
    number = error["err_code"]?.integer ?? 0
    description = error["description"]?.text ?? "error \(number)"
  }
}
