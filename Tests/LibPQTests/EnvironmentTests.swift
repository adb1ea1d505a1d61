import TestSupport
import Testing

@Suite struct EnvironmentTests {
  /// PGSERVICE is one that can't be kept out.
  @Test func `the list of harmful variables has all that this libpq reads`() {
    #expect(LibPQ.variables.subtracting(harmfulEnvironment.keys) == ["PGSERVICE"])
  }
}
