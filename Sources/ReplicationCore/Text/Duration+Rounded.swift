extension Duration {
  /// In whole tenths of a second, for messages.
  var rounded: Duration {
    let (seconds, attoseconds) = components
    return .seconds(seconds) + .milliseconds(attoseconds / 100_000_000_000_000_000 * 100)
  }
}
