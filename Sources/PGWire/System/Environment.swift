#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Those of these variables that the process's environment has.
package func environmentVariables(among names: [String]) -> [String] {
  names.filter { unsafe getenv($0) != nil }
}
