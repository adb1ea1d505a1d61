internal import Configuration
internal import Foundation

/// A file that describes connectors, as JSON, with environment variables that override it.
///
/// A key such as `orders.source.url` is the variable `PGCDC_ORDERS_SOURCE_URL`.
struct ConfigurationFile {
  /// Reads its values.
  let scope: ConfigurationScope
  private let recorder = KeyRecorder()
  /// The keys that the file has, with dots between their parts.
  private let keys: [String]

  /// Keys at the top that are no connector's names.
  static let topKeys: Set = ["connectors", "http", "logLevel"]
  private static let environmentPrefix = "pgcdc"

  /// Reads a file, and the environment.
  ///
  /// - Throws: ``PlanError`` if it can't be read, or is no JSON object of objects and values.
  init(path: String) async throws {
    keys = try Self.keys(in: try SmallFile.bytes(at: path), path)
    let place = InMemoryProvider(
      values: [AbsoluteConfigKey(["filePath"]): ConfigValue(.string(path), isSecret: false)])
    let file: FileProvider<JSONSnapshot>
    do {
      file = try await FileProvider<JSONSnapshot>(
        parsingOptions: JSONSnapshot.ParsingOptions(
          secretsSpecifier: .dynamic { key, _ in Self.isSecret(key) }),
        config: ConfigReader(provider: place))
    } catch {
      throw PlanError("cannot read \(path): \(error)")
    }
    let environment = EnvironmentVariablesProvider(
      secretsSpecifier: .dynamic { key, _ in Self.isSecret(key) })
    scope = ConfigurationScope(
      ConfigReader(
        providers: [environment.prefixKeys(with: ConfigKey([Self.environmentPrefix])), file],
        accessReporter: recorder))
  }

  /// The connectors' names, in their order.
  func names() throws(PlanError) -> [String] {
    guard let names = try scope.list("connectors"), !names.isEmpty else {
      throw PlanError("the key \"connectors\" is missing: a list of the connectors' names")
    }
    for name in names {
      // Each name has to be distinguished from others also in variables of the environment.
      guard name.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil, !Self.topKeys.contains(name) else {
        throw PlanError(
          "\"\(name)\" can't be a connector's name, which is of a-z, 0-9 and _ and begins with a "
            + "letter")
      }
    }
    guard Set(names).count == names.count else {
      throw PlanError("the key \"connectors\" has a name twice")
    }
    return names
  }

  /// Refuses keys that nothing has asked for; called when everything has been read.
  ///
  /// What is not in the list of connectors is not looked at, so that a connector can be left out.
  func checkKeys(of names: [String]) throws(PlanError) {
    let asked = recorder.keys
    let unknown = keys.filter { key in
      let first = key.split(separator: ".").first.map(String.init) ?? key
      return !asked.contains(key) && !Self.topKeys.contains(key)
        && (names.contains(first) || first == key)
    }
    guard unknown.isEmpty else {
      throw PlanError("unknown keys: \(unknown.sorted().joined(separator: ", "))")
    }
  }

  /// Whether a key's value must not be printed, whether the key is that of a file or a variable.
  static func isSecret(_ key: String) -> Bool {
    let key = key.lowercased()
    return ["url", "password", "secret", "key", "properties"].contains { key.hasSuffix($0) }
  }

  private static func keys(in bytes: [UInt8], _ path: String) throws(PlanError) -> [String] {
    let root: Any
    do {
      root = try JSONSerialization.jsonObject(with: Data(bytes))
    } catch {
      throw PlanError("\(path) is not JSON: \(error.localizedDescription)")
    }
    guard let object = root as? [String: Any] else {
      throw PlanError("\(path) has to be a JSON object")
    }
    return keys(of: object)
  }

  /// The keys of values, those of objects inside included.
  static func keys(of object: [String: Any]) -> [String] {
    object.flatMap { (key, value) -> [String] in
      guard let inner = value as? [String: Any] else { return [key] }
      return keys(of: inner).map { "\(key).\($0)" }
    }
  }
}
