internal import ArgumentParser

/// How the brokers are reached.
struct KafkaArguments: ParsableArguments {
  @Option(help: "The brokers to begin with, as HOST:PORT with commas between.")
  var brokers: String?

  @Option(
    name: .customLong("property"),
    help: ArgumentHelp(
      "A property of librdkafka, as security.protocol=SASL_SSL; can be given more than once.",
      discussion: """
        Other users of this machine see the arguments of a process (ps): put passwords into \
        --property-file.
        """, valueName: "name=value"))
  var list: [String] = []

  @Option(
    name: .customLong("property-file"),
    help: ArgumentHelp(
      "A file with one property a line, as name=value.",
      discussion: "Empty lines and those that begin with # are left out.", valueName: "file"))
  var file: String?

  /// All properties; an option has precedence over the file.
  func properties() throws(PlanError) -> [String: String] {
    try KafkaProperties.properties(brokers: brokers, lines: list, file: file)
  }
}
