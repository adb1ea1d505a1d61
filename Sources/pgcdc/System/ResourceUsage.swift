#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What this process has used so far.
struct ResourceUsage {
  /// Processor time in the program, in seconds.
  let user: Double
  /// Processor time in the system's calls, in seconds.
  let system: Double
  /// The most memory that was ever resident, in bytes.
  let maxResidentBytes: Int

  static func now() -> ResourceUsage {
    var usage = rusage()
    unsafe getrusage(who, &usage)
    #if canImport(Darwin)
      let unit = 1
    #else
      let unit = 1024
    #endif
    return ResourceUsage(
      user: seconds(usage.ru_utime), system: seconds(usage.ru_stime),
      maxResidentBytes: Int(usage.ru_maxrss) * unit)
  }

  private static func seconds(_ time: timeval) -> Double {
    Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000
  }

  #if canImport(Glibc)
    private static let who = __rusage_who_t(RUSAGE_SELF.rawValue)
  #else
    private static let who = Int32(RUSAGE_SELF)
  #endif
}
