internal import PGWire
internal import PgcdcArguments
internal import ReplicationCore

extension StreamCommand {
  /// The error, with the columns that it is about where the server names none.
  func explained(_ error: ReplicationError) async -> any Error {
    // undefined_function: a value in binary whose parts have no such form.
    guard arguments.binary, error.sqlState == SQLState(rawValue: "42883"),
      let columns = try? await arguments.client().columnsWithoutBinary(), !columns.isEmpty
    else { return error }
    return RuntimeFailure(
      "\(error): " + columns.map(\.description).joined(separator: "; ")
        + "; stream without --binary, which prints the same")
  }
}
