import COpenSSL

/// Overwrites the bytes with zeros, in place, in a way that no optimizer leaves out.
///
/// The array must be the only reference to its storage, or a copy is wiped instead.
package func wipe(_ bytes: inout [UInt8]) {
  unsafe bytes.withUnsafeMutableBytes { buffer in
    unsafe OPENSSL_cleanse(buffer.baseAddress, buffer.count)
  }
}
