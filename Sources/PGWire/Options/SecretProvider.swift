/// Provides a password or token; it is asked for every connection.
///
/// It is for short-lived secrets: tokens of a cloud's identity service or of a vault.
///
///     options.passwordProvider = SecretProvider { request in
///       Password(try await tokens.newToken(host: request.host, port: request.port))
///     }
public struct SecretProvider: Sendable {
  private let provide: @Sendable (SecretRequest) async throws -> Password

  /// A provider that runs a closure.
  ///
  /// The closure runs before the connection is made, in the task that asks for it; a cancelled task
  /// cancels it. Its time does not count towards the connection's timeout.
  ///
  /// - Parameter provide: Returns the secret for one host. An error that it throws, other than
  ///   `CancellationError`, ends the attempt to connect.
  public init(_ provide: @escaping @Sendable (SecretRequest) async throws -> Password) {
    self.provide = provide
  }

  func secret(for request: SecretRequest) async throws(PGWireError) -> Password {
    do {
      return try await provide(request)
    } catch is CancellationError {
      throw .transport(.cancelled)
    } catch {
      throw .authentication(.providerFailed("\(error)"))
    }
  }
}

/// The connection that a password or token is for.
public struct SecretRequest: Hashable, Sendable {
  /// The server's name, or its address where it has none.
  public let host: String
  /// The server's port.
  public let port: UInt16
  /// The role to connect as.
  public let user: String
  /// The database.
  public let database: String
}

extension ConnectionOptions {
  /// The same with the secrets that the providers return now, a password for each host.
  package func withProvidedSecrets() async throws(PGWireError) -> ConnectionOptions {
    var options = self
    if let passwordProvider {
      options.password = nil
      options.hostPasswords = [:]
      for host in hosts {
        options.hostPasswords[host] = try await passwordProvider.secret(for: request(for: host))
      }
    }
    if let tokenProvider, let host = hosts.first {
      options.authentication.oauth.token = try await tokenProvider.secret(for: request(for: host))
    }
    return options
  }

  /// The same without what the providers returned, which is good for one connection only.
  func withoutProvidedSecrets() -> ConnectionOptions {
    var options = self
    if passwordProvider != nil {
      options.password = nil
      options.hostPasswords = [:]
    }
    if tokenProvider != nil { options.authentication.oauth.token = nil }
    return options
  }

  private func request(for host: ConnectionHost) -> SecretRequest {
    SecretRequest(host: host.nameOrAddress, port: host.port, user: user, database: database)
  }
}
