internal import ArgumentParser

/// The message for an invalid command line.
enum UsageError {
  /// Says it on standard error and ends the process, or prints the help that was asked for.
  static func exit(with error: any Error) -> Never {
    guard PGCDC.exitCode(for: error) == .validationFailure else { PGCDC.exit(withError: error) }
    let arguments = Array(CommandLine.arguments.dropFirst())
    var message = PGCDC.fullMessage(for: error)
    if let better = advice(arguments), let end = message.firstIndex(of: "\n") {
      message = "Error: \(better)" + message[end...]
    }
    Console.putUsage(message)
    PGCDC.exit(withError: ExitCode.validationFailure)
  }

  /// The unknown word or option that the parser has complained about first.
  static func advice(_ arguments: [String]) -> String? {
    var command: any ParsableCommand.Type = PGCDC.self
    for (index, argument) in arguments.enumerated() {
      let choices = command.configuration.subcommands
      if choices.isEmpty || argument.hasPrefix("-") {
        return unknownOption(arguments[index...], of: command)
      }
      guard let next = choices.first(where: { name(of: $0) == argument }) else {
        guard argument != "help" else { return nil }
        let near = nearest(to: argument, among: choices.map(name(of:)))
        return "there is no command '\(argument)'" + (near.map { "; did you mean '\($0)'?" } ?? "")
      }
      command = next
    }
    return nil
  }

  private static func unknownOption(
    _ arguments: ArraySlice<String>, of command: any ParsableCommand.Type
  ) -> String? {
    let help = PGCDC.helpMessage(for: command, includeHidden: true, columns: 1000)
    let known = Set(help.matches(of: /--[a-z][a-z0-9-]*/).map { String($0.output) })
    for argument in arguments.prefix(while: { $0 != "--" }) where argument.hasPrefix("--") {
      let option = String(argument.prefix { $0 != "=" })
      guard !known.contains(option), option != "--version" else { continue }
      let near = nearest(to: option, among: Array(known))
      return "unknown option '\(option)'" + (near.map { "; did you mean '\($0)'?" } ?? "")
    }
    return nil
  }

  private static func name(of command: any ParsableCommand.Type) -> String {
    command.configuration.commandName ?? command._commandName
  }

  /// The one with the fewest letters to change, if these are few.
  static func nearest(to word: String, among choices: [String]) -> String? {
    let ranked = choices.sorted().map { (choice: $0, distance: distance(word, $0)) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(2, word.count / 3) ? best.choice : nil
  }

  /// Letters to insert, delete or replace (Levenshtein's distance).
  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right.unicodeScalars)
    var row = Array(0...right.count)
    for (i, letter) in left.unicodeScalars.prefix(100).enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let cost = letter == other ? diagonal : min(diagonal, row[j], row[j + 1]) + 1
        diagonal = row[j + 1]
        row[j + 1] = cost
      }
    }
    return row[right.count]
  }
}
