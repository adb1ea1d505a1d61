internal import ArgumentParser

/// Names with commas between, in an option that can be given more than once.
public enum NameArgument {
  /// The names, one by one.
  ///
  /// - Parameters:
  ///   - list: The values of the option.
  ///   - option: The option, for errors.
  /// - Throws: `ValidationError` for an open quote, or an empty name.
  public static func split(_ list: [String], _ option: String) throws -> [String] {
    let names = try list.flatMap { text in
      guard let names = NameList.names(in: text) else {
        throw ValidationError(
          "\(option) \(text): a quote isn't closed, or is followed by something other than a comma")
      }
      return names
    }
    guard !names.contains(where: \.isEmpty) else {
      throw ValidationError("\(option): a name can't be empty")
    }
    return names
  }
}
