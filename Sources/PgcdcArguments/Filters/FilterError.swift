/// Why a filter can't be used.
///
/// The description names the option of the command line.
public struct FilterError: Error, Hashable, CustomStringConvertible, Sendable {
  /// The list that has the name.
  public let list: FilterList
  /// The name.
  public let name: String
  /// What is wrong with it.
  public let problem: String

  /// The option, the name and the problem.
  public var description: String { "\(list.option) \(name): \(problem)" }
}
