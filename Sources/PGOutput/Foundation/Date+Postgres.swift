#if Foundation
  public import CDCTime

  #if canImport(FoundationEssentials)
    public import FoundationEssentials
  #else
    public import Foundation
  #endif

  /// A `timestamptz`, a `timestamp` or a `date`, with the package's trait `Foundation`.
  ///
  /// A `timestamp` has no zone: it counts as if its clock showed UTC, as for `PostgresTimestamp`. A
  /// `date` is its midnight in UTC. What a `Date` can't hold without loss is
  /// ``PostgresValueError/outOfRange``: the infinities, and before 1729 and after 2272 those
  /// microseconds for which a `Double` of seconds is too coarse.
  ///
  /// To write one, make it a `PostgresTimestamp`, which has the text of both types.
  extension Date: PostgresDecodable {
    public init(
      postgresText text: Span<UInt8>, type: PostgresType
    ) throws(PostgresValueError) {
      if case .builtin(.date) = type {
        try self.init(held: Date(exactly: try PostgresDate(postgresText: text, type: type)))
      } else {
        try self.init(held: Date(exactly: try PostgresTimestamp(postgresText: text, type: type)))
      }
    }

    public init(
      postgresBinary bytes: Span<UInt8>, type: PostgresType
    ) throws(PostgresValueError) {
      if case .builtin(.date) = type {
        try self.init(held: Date(exactly: try PostgresDate(postgresBinary: bytes, type: type)))
      } else {
        try self.init(
          held: Date(exactly: try PostgresTimestamp(postgresBinary: bytes, type: type)))
      }
    }

    private init(held date: Date?) throws(PostgresValueError) {
      guard let date else { throw .outOfRange }
      self = date
    }
  }

  extension Date {
    /// The same time; `nil` for the infinities, and if the nearest `Date` is another microsecond.
    ///
    /// With the package's trait `Foundation`.
    public init?(exactly time: PostgresTimestamp) {
      guard time.isFinite else { return nil }
      let (seconds, rest) = time.microseconds(since: .referenceDate)
        .quotientAndRemainder(dividingBy: 1_000_000)
      let date = Date(
        timeIntervalSinceReferenceDate: Double(seconds) + Double(rest) / 1_000_000)
      guard PostgresTimestamp(date) == time else { return nil }
      self = date
    }

    /// The midnight in UTC with which the day begins; `nil` for the infinities.
    ///
    /// With the package's trait `Foundation`.
    public init?(exactly day: PostgresDate) {
      guard day.isFinite else { return nil }
      let seconds = Int64(day.daysSince2000) * 86_400
      self.init(
        timeIntervalSinceReferenceDate:
          Double(seconds - PostgresTimestamp.referenceDate.microseconds / 1_000_000))
    }
  }

  extension PostgresTimestamp {
    /// The nearest microsecond; `nil` if the server has no such time.
    ///
    /// With the package's trait `Foundation`.
    public init?(_ date: Date) {
      let interval = date.timeIntervalSinceReferenceDate
      let whole = interval.rounded(.down)
      guard let seconds = Int64(exactly: whole) else { return nil }
      let fraction = Int64(((interval - whole) * 1_000_000).rounded())
      let micros = seconds.multipliedSaturating(by: 1_000_000)
        .addingSaturating(fraction)
        .addingSaturating(Self.referenceDate.microseconds)
      guard Self.serverRange.contains(micros) else { return nil }
      self.init(microseconds: micros)
    }

    /// 2001-01-01 00:00:00 UTC, from which `Date` counts.
    fileprivate static let referenceDate = PostgresTimestamp(microseconds: 31_622_400_000_000)
  }
#endif
