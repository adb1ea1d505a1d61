extension ConnectionOptions {
  /// Tries the hosts until one is acceptable.
  ///
  /// For `prefer-standby` they are tried twice: for a standby first, and then for any.
  ///
  /// - Parameter attempt: Connects to the only host of the options, and checks what kind it is.
  package func firstHost<Found: ~Copyable, Failure: HostError>(
    _ attempt: (ConnectionOptions, TargetSession) throws(Failure) -> Found
  ) throws(Failure) -> Found {
    let indices = Array(hosts.indices)
    let order = hostOrder == .random ? indices.shuffled() : indices
    let passes: [TargetSession] =
      targetSession == .preferStandby ? [.standby, .any] : [targetSession]
    var failures: [HostFailure<Failure>] = []
    for target in passes {
      failures = []
      for index in order {
        do throws(Failure) {
          return try attempt(pinned(toHost: index), target)
        } catch {
          failures.append(HostFailure(host: "\(hosts[index].endpoint)", error: error))
          guard error.leavesOtherHosts else { throw Self.summary(failures) }
        }
      }
    }
    throw Self.summary(failures)
  }

  /// A single failure as it is, several as a list.
  private static func summary<Failure: HostError>(_ failures: [HostFailure<Failure>]) -> Failure {
    failures.count == 1 ? failures[0].error : .allFailed(failures)
  }
}
