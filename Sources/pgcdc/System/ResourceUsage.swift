internal import CReplicationSystem

/// What this process has used so far.
struct ResourceUsage {
  /// Processor time in the program, in seconds.
  let user: Double
  /// Processor time in the system's calls, in seconds.
  let system: Double
  /// The most memory that was ever resident, in bytes.
  let maxResidentBytes: Int

  static func now() -> ResourceUsage {
    var (user, system): (Double, Double) = (0, 0)
    var most: Int64 = 0
    unsafe pgrepl_usage(&user, &system, &most)
    return ResourceUsage(user: user, system: system, maxResidentBytes: Int(most))
  }
}
