internal import Configuration

/// Reads the values of a part of a configuration, and refuses those of another type than their key.
///
/// A reader returns `nil` for these too, as if the key were not set.
struct ConfigurationScope {
  /// The reader for this part.
  let config: ConfigReader
  /// What its keys begin with in messages.
  private let path: String

  init(_ config: ConfigReader, path: String = "") {
    self.config = config
    self.path = path
  }

  /// A part of this part.
  func scoped(to name: String) -> ConfigurationScope {
    ConfigurationScope(
      config.scoped(to: ConfigKey([name])), path: path.isEmpty ? name : "\(path).\(name)")
  }

  /// A text, or a number that is used as one.
  func text(_ key: String, isSecret: Bool = false) throws(PlanError) -> String? {
    if let text = config.string(forKey: ConfigKey(key), isSecret: isSecret) { return text }
    if let number = config.int(forKey: ConfigKey(key), isSecret: isSecret) { return "\(number)" }
    try refuse(key, expected: "a text", isSecret: isSecret)
    return nil
  }

  func number(_ key: String) throws(PlanError) -> Int? {
    if let number = config.int(forKey: ConfigKey(key)) { return number }
    try refuse(key, expected: "a whole number")
    return nil
  }

  func flag(_ key: String) throws(PlanError) -> Bool? {
    if let flag = config.bool(forKey: ConfigKey(key)) { return flag }
    try refuse(key, expected: "true or false")
    return nil
  }

  func list(_ key: String, isSecret: Bool = false) throws(PlanError) -> [String]? {
    if let list = config.stringArray(forKey: ConfigKey(key), isSecret: isSecret) { return list }
    try refuse(key, expected: "a list of texts", isSecret: isSecret)
    return nil
  }

  /// A time in whole seconds.
  func seconds(_ key: String) throws(PlanError) -> Duration? {
    guard let seconds = try number(key) else { return nil }
    guard (0...1_000_000_000).contains(seconds) else {
      throw invalid(key, expected: "a number of seconds")
    }
    return .seconds(seconds)
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String, of type: Choice.Type
  ) throws(PlanError) -> Choice? {
    guard let word = try text(key) else { return nil }
    guard let choice = Choice(rawValue: word) else {
      let words = type.allCases.map(\.rawValue).joined(separator: ", ")
      throw invalid(key, expected: "one of \(words), not \"\(word)\"")
    }
    return choice
  }

  /// The engine's URL: what `url` says, or the file that `urlFile` names.
  func engineURL() throws(PlanError) -> String {
    let (url, file) = (try text("url", isSecret: true), try text("urlFile"))
    if let url { return url }
    guard let file else { throw missing("url") }
    return try SmallFile.line(at: file)
  }

  /// The error for a key that is missing.
  func missing(_ key: String) -> PlanError { PlanError("the key \"\(full(key))\" is missing") }

  /// The error for a value that can't be.
  func invalid(_ key: String, expected: String) -> PlanError {
    PlanError("the key \"\(full(key))\" must be \(expected)")
  }

  private func full(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// Throws if the key has a value of any type.
  private func refuse(
    _ key: String, expected: String, isSecret: Bool = false
  ) throws(PlanError) {
    let configKey = ConfigKey(key)
    guard
      config.string(forKey: configKey, isSecret: isSecret) != nil
        || config.int(forKey: configKey, isSecret: isSecret) != nil
        || config.double(forKey: configKey, isSecret: isSecret) != nil
        || config.bool(forKey: configKey, isSecret: isSecret) != nil
        || config.stringArray(forKey: configKey, isSecret: isSecret) != nil
        || config.intArray(forKey: configKey, isSecret: isSecret) != nil
    else { return }
    throw invalid(key, expected: expected)
  }
}
