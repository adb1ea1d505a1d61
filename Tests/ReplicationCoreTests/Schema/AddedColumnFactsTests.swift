import Testing

@testable import ReplicationCore

/// What is concluded from the catalogue about rows that were there before a column.
@Suite struct AddedColumnFactsTests {
  private func place(
    _ value: String? = nil, type: UInt32 = 23, generated: Bool = false, rewritten: Bool = false
  ) -> AddedColumnFacts.Place {
    AddedColumnFacts.Place(
      typeOID: type, isGenerated: generated, isRewritten: rewritten, missingValue: value)
  }

  private func value(
    _ places: AddedColumnFacts.Place..., hasColumnList: Bool = false
  ) -> EarlierValue {
    AddedColumnFacts(places: places, hasColumnList: hasColumnList).earlierValue(typeOID: 23)
  }

  @Test func `a value that is kept is the value`() {
    #expect(value(place("5")) == .value("5"))
    #expect(value(place("")) == .value(""))
    // The table was rewritten before the column was added.
    #expect(value(place("5", rewritten: true)) == .value("5"))
    #expect(value(place("5"), place(), place("5"), place(rewritten: true)) == .value("5"))
    #expect(value(place("5"), place("6")) == .unknown(.differsBetweenPartitions))
  }

  @Test func `NULL is certain only if no file was replaced`() {
    #expect(value(place()) == .null)
    #expect(value(place(), place()) == .null)
    #expect(value(place(rewritten: true)) == .unknown(.rewritten))
    #expect(value(place(), place(rewritten: true)) == .unknown(.rewritten))
  }

  @Test func `another column is not the one that was added`() {
    #expect(value() == .unknown(.notFound))
    #expect(value(place("5", type: 25)) == .unknown(.notFound))
    #expect(value(place("5"), place("5", type: 25)) == .unknown(.notFound))
    #expect(value(place(generated: true)) == .unknown(.generated))
    #expect(value(place("5"), hasColumnList: true) == .unknown(.columnList))
    #expect(value(place(), hasColumnList: true) == .unknown(.columnList))
  }
}
