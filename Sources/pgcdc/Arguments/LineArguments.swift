internal import ArgumentParser

/// What may be chosen about the lines of the formats json and debezium.
struct LineArguments: ParsableArguments {
  @Option(
    name: .customLong("json-values"),
    help: ArgumentHelp(
      "With --format json: embed documents of json and jsonb columns, or quote them as strings.",
      discussion: """
        A document that strict parsers refuse is quoted in any case: one that nests more than 50 \
        levels deep, or has half of a surrogate pair, or a number beyond a double's range. quote \
        makes all of them strings.
        """))
  var documents = LineOptions.Documents.embed

  @Option(
    name: .customLong("max-line-bytes"),
    help: ArgumentHelp(
      "The most bytes that a line may have; beyond, the command ends with an error.",
      discussion: """
        If not given: 64 MiB and eight times what the row was sent as, which no row comes near to \
        unless its text is far longer than what was sent.
        """))
  var maxLineBytes: Int?

  func validate(format: OutputFormat) throws {
    guard format == .json || format == .debezium else {
      if maxLineBytes != nil {
        throw ValidationError("--max-line-bytes goes with --format json or debezium")
      }
      if documents != .embed { throw ValidationError("--json-values goes with --format json") }
      return
    }
    if format == .debezium, documents != .embed {
      throw ValidationError(
        "--json-values goes with --format json; Debezium's events have documents as strings")
    }
    if let maxLineBytes, maxLineBytes < 1 {
      throw ValidationError("--max-line-bytes must be at least 1")
    }
  }

  var options: LineOptions {
    var options = LineOptions()
    options.documents = documents
    options.maxLineBytes = maxLineBytes
    return options
  }
}

extension LineOptions.Documents: ExpressibleByArgument {}
