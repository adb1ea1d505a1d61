extension String {
  /// The text without characters that end a line, control a terminal or can't be seen.
  ///
  /// What librdkafka says may quote a broker.
  var oneLine: String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.map { scalar -> Unicode.Scalar in
          switch scalar.properties.generalCategory {
          case .control, .format, .lineSeparator, .paragraphSeparator: " "
          default: scalar
          }
        }))
  }
}
