/// How the operating system finds out that the other end of an idle TCP connection is gone.
///
/// What is `nil` is left to the operating system. Unix sockets ignore all of it.
public struct TCPKeepalive: Hashable, Sendable {
  /// Whether probes are sent at all.
  public var isEnabled: Bool
  /// The silence before the first probe.
  public var idle: Duration?
  /// The time between unanswered probes.
  public var interval: Duration?
  /// How many probes may stay unanswered.
  public var count: Int32?

  /// Probes are sent; times and counts that are not given are the operating system's.
  ///
  /// - Parameters:
  ///   - idle: The silence before the first probe, in whole seconds.
  ///   - interval: The time between unanswered probes, in whole seconds.
  ///   - count: How many probes may stay unanswered.
  public init(
    isEnabled: Bool = true, idle: Duration? = nil, interval: Duration? = nil, count: Int32? = nil
  ) {
    self.isEnabled = isEnabled
    self.idle = idle
    self.interval = interval
    self.count = count
  }
}
