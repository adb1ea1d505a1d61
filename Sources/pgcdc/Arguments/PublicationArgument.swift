internal import ArgumentParser

/// The publications, as the commands that stream name them.
struct PublicationArgument: ParsableArguments {
  @Option(
    name: .customLong("publication"),
    help: ArgumentHelp(
      "A publication, or several with commas between; can be given more than once.",
      discussion: "A name that has a comma or a quote goes in double quotes, as in SQL."))
  var list: [String]

  /// The names, one by one.
  func names() throws -> [String] { try Self.split(list) }

  static func split(_ list: [String]) throws -> [String] {
    let names = try list.flatMap { text in
      guard let names = NameList.names(in: text) else {
        throw ValidationError(
          "--publication \(text): a quote isn't closed, or something else than a comma follows")
      }
      return names
    }
    guard !names.contains(where: \.isEmpty) else {
      throw ValidationError("a publication's name can't be empty")
    }
    return names
  }
}
