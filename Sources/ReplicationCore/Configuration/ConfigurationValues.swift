#if Configuration
  internal import Configuration
  internal import PGWire

  /// Reads the values of a configuration, and refuses those that have another type than their key.
  ///
  /// A reader returns `nil` for these too, as if the key were not set.
  struct ConfigurationValues {
    private let config: ConfigReader

    init(_ config: ConfigReader) {
      self.config = config
    }

    /// The longest time that a key can have, in seconds.
    private static let longestTime = 1_000_000_000

    /// A text, or a number that is used as one.
    func text(_ key: String, isSecret: Bool = false) throws(ReplicationError) -> String? {
      if let text = config.string(forKey: ConfigKey(key), isSecret: isSecret) { return text }
      if let number = config.int(forKey: ConfigKey(key), isSecret: isSecret) { return "\(number)" }
      try refuse(key, expected: "a text or a whole number", isSecret: isSecret)
      return nil
    }

    func number(_ key: String) throws(ReplicationError) -> Int? {
      if let number = config.int(forKey: ConfigKey(key)) { return number }
      try refuse(key, expected: "a whole number")
      return nil
    }

    func flag(_ key: String) throws(ReplicationError) -> Bool? {
      if let flag = config.bool(forKey: ConfigKey(key)) { return flag }
      try refuse(key, expected: "true or false")
      return nil
    }

    func list(_ key: String) throws(ReplicationError) -> [String]? {
      if let list = config.stringArray(forKey: ConfigKey(key)) { return list }
      try refuse(key, expected: "a list of texts")
      return nil
    }

    /// A time in seconds, whole or not.
    func time(_ key: String) throws(ReplicationError) -> Duration? {
      let range = 0...Self.longestTime
      if let seconds = config.int(forKey: ConfigKey(key)) {
        guard range.contains(seconds) else { throw Self.notATime(key) }
        return .seconds(seconds)
      }
      if let seconds = config.double(forKey: ConfigKey(key)) {
        guard seconds >= 0, seconds <= Double(Self.longestTime) else { throw Self.notATime(key) }
        return .seconds(seconds)
      }
      try refuse(key, expected: "a number of seconds")
      return nil
    }

    private static func notATime(_ key: String) -> ReplicationError {
      invalid(key, expected: "from 0 to \(longestTime) seconds")
    }

    /// A time for which zero says that there is no limit.
    ///
    /// - Parameter unset: What the limit is if the key is not set.
    func limit(_ key: String, unset: Duration?) throws(ReplicationError) -> Duration? {
      guard let time = try time(key) else { return unset }
      return time > .zero ? time : nil
    }

    func position(_ key: String) throws(ReplicationError) -> LSN? {
      guard let text = try text(key) else { return nil }
      guard let position = LSN(text) else {
        throw Self.invalid(key, expected: "a position such as 16/B374D848, not \"\(text)\"")
      }
      return position
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(
      _ key: String, of type: Choice.Type
    ) throws(ReplicationError) -> Choice? {
      guard let word = try text(key) else { return nil }
      guard let choice = Choice(rawValue: word) else {
        throw Self.notOne(of: type.allCases.map(\.rawValue), key, word)
      }
      return choice
    }

    /// The error for a word that is not one of those that a key can have.
    static func notOne(of choices: [String], _ key: String, _ word: String) -> ReplicationError {
      invalid(key, expected: "one of \(choices.joined(separator: ", ")), not \"\(word)\"")
    }

    static func invalid(_ key: String, expected: String) -> ReplicationError {
      .invalidParameter("the configuration key \"\(key)\" must be \(expected)")
    }

    /// Throws if the key has a value of any type.
    private func refuse(
      _ key: String, expected: String, isSecret: Bool = false
    ) throws(ReplicationError) {
      let configKey = ConfigKey(key)
      guard
        config.string(forKey: configKey, isSecret: isSecret) != nil
          || config.int(forKey: configKey, isSecret: isSecret) != nil
          || config.double(forKey: configKey, isSecret: isSecret) != nil
          || config.bool(forKey: configKey, isSecret: isSecret) != nil
          || config.stringArray(forKey: configKey, isSecret: isSecret) != nil
      else { return }
      throw Self.invalid(key, expected: expected)
    }
  }
#endif
