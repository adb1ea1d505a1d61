/// What the text of values depends on besides their types: facts of the server and the database.
///
/// A catalogue that was filled from a server has them; see ``TypeCatalog/style``.
public struct ValueTextStyle: Hashable, Sendable {
  /// The server's major version; without it the text is that of the newest, except that the halves
  /// of a `pg_lsn` are never padded then.
  ///
  /// - Before 17 the greatest and the least `interval` are ordinary intervals; since 17 they are
  ///   `infinity` and `-infinity`.
  /// - Since 19 the lower half of a `pg_lsn` has eight digits.
  public var serverVersion: Int?

  /// How many digits of a `money` are after the point; `nil` if unknown, which stands for 2.
  ///
  /// That is the database's `lc_monetary`: 2 for most currencies, 0 for the yen, 3 for dinars.
  ///
  /// SQL: `SELECT scale(1::money::numeric)`
  public var moneyScale: Int?

  /// The style of a server of this major version, and of a database with this `moneyScale`.
  public init(serverVersion: Int? = nil, moneyScale: Int? = nil) {
    self.serverVersion = serverVersion
    self.moneyScale = moneyScale
  }

  var hasInfiniteIntervals: Bool { serverVersion.map { $0 >= 17 } ?? true }
  var padsPositions: Bool { serverVersion.map { $0 >= 19 } ?? false }
}
