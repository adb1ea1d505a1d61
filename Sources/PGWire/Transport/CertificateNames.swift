internal import CReplicationSystem

/// The names and addresses that a certificate is for, as they stand in it.
///
/// libpq: `pgtls_verify_peer_name_matches_certificate_guts`
package struct CertificateNames: Equatable, Sendable {
  package var dns: [[UInt8]] = []
  /// Addresses of 4 or 16 bytes.
  package var addresses: [[UInt8]] = []
  package var commonName: [UInt8]?

  package init() {}

  /// Whether the host that was asked for is among them.
  ///
  /// The common name counts only where there is no alternative name of the host's kind. Unlike
  /// libpq, no wildcard stands for a piece of an address.
  package func matches(host: String) -> Bool {
    let address = Self.address(host)
    let host = Array(host.utf8)
    if let address, addresses.contains(address) { return true }
    if dns.contains(where: { Self.name($0, matches: host, isAddress: address != nil) }) {
      return true
    }
    let hasOwnKind = address == nil ? !dns.isEmpty : !addresses.isEmpty
    guard !hasOwnKind, let commonName else { return false }
    return Self.name(commonName, matches: host, isAddress: address != nil)
  }

  /// All of them for people, the first few if there are many.
  package var texts: [String] {
    var texts = dns.map(Self.printable)
    texts += addresses.map(Self.text)
    if texts.isEmpty, let commonName { texts = [Self.printable(commonName)] }
    let most = 8
    guard texts.count > most else { return texts }
    return texts.prefix(most) + ["\(texts.count - most) more"]
  }

  /// `*.` stands for one label, the first.
  private static func name(_ name: [UInt8], matches host: [UInt8], isAddress: Bool) -> Bool {
    // A zero byte once made C programs take the part before it for the whole name.
    guard !name.isEmpty, !name.contains(0) else { return false }
    let (name, host) = (lowercased(name), lowercased(host))
    if name == host { return true }
    guard !isAddress, name.count >= 3, name.starts(with: "*.".utf8), host.count >= name.count,
      let dot = host.firstIndex(of: UInt8(ascii: ".")), dot > 0
    else { return false }
    return host[dot...].elementsEqual(name.dropFirst())
  }

  private static func lowercased(_ bytes: [UInt8]) -> [UInt8] {
    bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
  }

  private static func printable(_ bytes: [UInt8]) -> String {
    let shown = bytes.prefix(255).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
    return String(decoding: shown, as: UTF8.self)
  }

  private static func text(_ address: [UInt8]) -> String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard address.count == 4 || address.count == 16 else { return "?" }
    let family = address.count == 4 ? AF_INET : AF_INET6
    guard unsafe inet_ntop(family, address, &text, socklen_t(text.count)) != nil else { return "?" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The bytes of a literal address; `nil` for a name.
  package static func address(_ host: String) -> [UInt8]? {
    for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] {
      var bytes = [UInt8](repeating: 0, count: size)
      if unsafe inet_pton(family, host, &bytes) == 1 { return bytes }
    }
    return nil
  }
}
