/// The message for the user before the command ends with status 1.
struct RuntimeFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
