import Testing

@testable import ReplicationCore

/// A transaction's 64 bits from the 32 that the stream has.
@Suite struct TransactionIDTests {
  @Test(
    arguments: [
      (742, 743, 742), (743, 743, 743), (0xFFFF_FFFF, 0x1_0000_0003, 0xFFFF_FFFF),
      (5, 0x1_0000_0003, 0x1_0000_0005), (3, 0x7_FFFF_FFF0, 0x8_0000_0003),
      (0xFFFF_FFF0, 3, 0xFFFF_FFF0), (0, 0, 0), (0x7FFF_FFFF, 0, 0x7FFF_FFFF),
    ] as [(UInt32, UInt64, UInt64)])
  func `the nearest one counts`(xid: UInt32, other: UInt64, full: UInt64) {
    #expect(fullTransactionID(xid, near: other) == full)
  }
}
