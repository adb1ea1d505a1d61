import Foundation
import PGWire
import ReplicationCore

func optionsFromString() throws -> ConnectionOptions {
  try ConnectionOptions(
    "postgresql://cdc@db1.example.com,db2.example.com:5433/shop"
      + "?target_session_attrs=primary&sslmode=verify-full&sslrootcert=/etc/ssl/db-ca.pem"
      + "&require_auth=scram-sha-256&channel_binding=require&application_name=orders-connector",
    environment: ProcessInfo.processInfo.environment)
}

func optionsFromValues(_ secret: String) throws -> ConnectionOptions {
  var options = try ConnectionOptions(
    host: "db1.example.com", user: "cdc", password: Password(secret), database: "shop")
  options.hosts.append(ConnectionHost("db2.example.com", port: 5433))
  options.targetSession = .primary
  options.tls.mode = .verifyFull
  options.tls.rootCertificates = .file("/etc/ssl/db-ca.pem")
  options.authentication.allowedMethods = [.scramSHA256]
  options.authentication.channelBinding = .require
  options.applicationName = "orders-connector"
  return options
}

/// The client of a cloud's identity service.
protocol TokenSource: Sendable {
  func newToken(host: String, port: UInt16, user: String) async throws -> String
}

func optionsWithTokens(_ tokens: some TokenSource) throws -> ConnectionOptions {
  var options = try ConnectionOptions(
    "host=db1.example.com user=cdc dbname=shop sslmode=verify-full sslrootcert=/etc/ssl/db-ca.pem")
  options.passwordProvider = SecretProvider { request in
    Password(
      try await tokens.newToken(host: request.host, port: request.port, user: request.user))
  }
  return options
}

func params(_ options: ConnectionOptions) -> ReplicationParams {
  var params = ReplicationParams(
    connection: options, slot: "orders_slot", publications: ["orders_pub"])
  params.createsSlot = true
  return params
}
