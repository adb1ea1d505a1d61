internal import ArgumentParser
internal import ChangeSinks

extension ValidationError {
  /// Runs a check of a plan; what it refuses is wrong usage of the command line.
  static func checking<R>(_ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as PlanError {
      throw ValidationError(error.description)
    } catch let error as SinkError {
      throw ValidationError(error.description)
    }
  }
}
