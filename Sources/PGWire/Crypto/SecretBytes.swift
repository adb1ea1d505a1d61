import CReplicationOpenSSL

/// Bytes that are compared and sent, but never printed, and overwritten when no longer needed.
package final class SecretBytes: Equatable, Sendable {
  private let storage: Password

  /// Takes the bytes over; the caller must hold no other reference to them.
  package init(_ bytes: consuming [UInt8]) {
    storage = Password(bytes: bytes)
  }

  package func withBytes<R, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> R
  ) throws(Failure) -> R {
    try storage.withBytes(body)
  }

  package var isEmpty: Bool { storage.withBytes { $0.isEmpty } }

  package static func == (one: SecretBytes, other: SecretBytes) -> Bool {
    if one === other { return true }
    return one.withBytes { one in
      other.withBytes { Digest.constantTimeEqual(one, $0) }
    }
  }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "(secret)" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .class) }
}

/// Overwrites the bytes with zeros, in place, in a way that the optimizer can't remove.
///
/// The array must be the only reference to its storage, or a copy is wiped instead.
package func wipe(_ bytes: inout [UInt8]) {
  unsafe bytes.withUnsafeMutableBytes { buffer in
    unsafe OPENSSL_cleanse(buffer.baseAddress, buffer.count)
  }
}
