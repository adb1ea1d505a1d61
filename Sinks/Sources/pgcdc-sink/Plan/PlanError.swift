/// Why a connector can't be run as it is asked for.
struct PlanError: Error, Hashable, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
