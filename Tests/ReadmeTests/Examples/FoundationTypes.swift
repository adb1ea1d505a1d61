#if Foundation
  import Foundation
  import PGOutput

  struct Visit: Decodable {
    let id: UUID
    let at: Date
    let fee: Decimal
    let page: URL?
    let token: Data
  }

  func visit(_ row: RowView) throws -> Visit {
    try row.decode(Visit.self)
  }

  func printFee(_ row: RowView) throws(RowError) {
    let fee = try row["fee", as: Decimal.self]
    let left = try row["left_at", as: Date?.self]  // NULL is nil
    print(fee * 2, left ?? Date.distantFuture)
  }

  func moment(_ clock: Date, in zone: TimeZone) -> Date? {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let parts = calendar.dateComponents(
      [.year, .month, .day, .hour, .minute, .second, .nanosecond], from: clock)
    calendar.timeZone = zone
    return calendar.date(from: parts)
  }

  struct Profile: Decodable {
    let name: String
    let languages: [String]
  }

  struct Customer: Decodable {
    let id: Int64
    let profile: Profile?  // a column of the type jsonb
  }

  func customer(_ row: RowView) throws -> Customer {
    try row.decode(Customer.self)
  }

  func profile(_ row: RowView) throws -> Profile {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try row.decode(Profile.self, json: "profile", using: decoder)
  }

  func printProfile(_ row: RowView) throws(RowError) {
    switch try row.columnValue("profile", as: PostgresJSON<Profile>.self) {
    case .value(let profile): print(profile.value.name)
    case .null: print("no profile")
    case .unchanged, .notSent: print("the profile stays as it is")
    }
  }
#endif
