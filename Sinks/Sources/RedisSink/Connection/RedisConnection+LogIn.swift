internal import ChangeSinks
internal import PGWire

extension RedisConnection {
  /// Connects, logs in and chooses the database.
  ///
  /// Commands: `AUTH`, `SELECT`, `CLIENT SETNAME`.
  ///
  /// - Parameter name: What `CLIENT LIST` shows.
  static func open(_ options: RedisOptions, name: String) throws(SinkError) -> RedisConnection {
    let engine = "Redis at \(options.address)"
    let password = try options.password?.resolved(for: engine)
    let connection = try RedisConnection(to: options.address, timeout: options.timeout)
    if options.user != nil || password != nil {
      try connection.logIn(options.user, password ?? [])
    }
    if options.database != 0 {
      let arguments = RedisArguments("SELECT", String(options.database))
      _ = try connection.call(arguments, "choosing database \(options.database)")
    }
    // A user may not be allowed to, and nothing depends on it.
    try connection.append(RedisArguments("CLIENT", "SETNAME", name))
    _ = try connection.reply(to: "naming the connection")
    return connection
  }

  private func logIn(_ user: String?, _ password: [UInt8]) throws(SinkError) {
    var arguments = RedisArguments("AUTH")
    if let user { arguments.append(user) }
    arguments.append(password)
    try append(arguments)
    guard case .error(let text) = try reply(to: "logging in") else { return }
    let refusal = RedisErrorReply(text)
    // A server that has renamed the command repeats its arguments: the text is not printed.
    let reason =
      refusal.category == .transient
      ? "is not ready" : "refuses the user \(user ?? "default") or the password"
    throw SinkError(
      engine: engine, refusal.category, "logging in: the server \(reason) (\(refusal.code))")
  }
}
