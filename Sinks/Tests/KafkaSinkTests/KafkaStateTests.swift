import CSinkRdKafka
import ChangeSinks
import PGWire
import ReplicationCore
import Testing

@testable import KafkaSink

/// The record of a connector's state, places as text, and what errors mean.
@Suite struct KafkaStateTests {
  private static func checkpoint() -> Checkpoint {
    Checkpoint(position: LSN(rawValue: 0x1_0000_00FF), systemID: "74", timeline: 2, slot: "orders")
  }

  @Test func `a state is read back`() throws {
    let place = SinkPosition(lsn: LSN(rawValue: 0x1_0000_00F0), index: 12)
    let states = [
      KafkaState(), KafkaState(position: place), KafkaState(checkpoint: Self.checkpoint()),
      KafkaState(checkpoint: Self.checkpoint(), position: place),
    ]
    for state in states {
      let found = try #require(KafkaState(encoded: try state.encoded()))
      #expect(found.checkpoint == state.checkpoint)
      #expect(found.position == state.position)
    }
  }

  @Test func `a state that is cut off or changed is noticed`() throws {
    let place = SinkPosition(lsn: LSN(rawValue: 0x1_0000_00F0), index: 12)
    let bytes = try KafkaState(checkpoint: Self.checkpoint(), position: place).encoded()
    let first = try #require(bytes.firstIndex(of: 0x0A))
    let second = try #require(bytes[(first + 1)...].firstIndex(of: 0x0A))
    for count in bytes.indices where count != second + 1 {
      #expect(KafkaState(encoded: Array(bytes[..<count])) == nil, "\(count)")
    }
    for index in bytes.indices where index > second {
      var changed = bytes
      changed[index] ^= 1
      #expect(KafkaState(encoded: changed) == nil, "\(index)")
    }
  }

  @Test func `places are written as they describe themselves`() {
    var text = PositionText()
    for (lsn, index) in [(0, 1), (255, 0), (255, 9), (255, 10), (255, 12345), (1 << 40, 0)] {
      let place = SinkPosition(lsn: LSN(rawValue: UInt64(lsn)), index: UInt64(index))
      text.set(place)
      #expect(String(decoding: text.bytes, as: UTF8.self) == place.description)
    }
  }

  @Test func `errors say what can be done`() {
    let cases: [(rd_kafka_resp_err_t, ErrorCategory)] = [
      (RD_KAFKA_RESP_ERR__FENCED, .needsOperator),
      (RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, .needsOperator),
      (RD_KAFKA_RESP_ERR__AUTHENTICATION, .needsOperator),
      (RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, .needsOperator),
      (RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, .needsOperator),
      (RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, .fatal),
      (RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, .fatal),
      (RD_KAFKA_RESP_ERR__TRANSPORT, .transient),
      (RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, .transient),
      (RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, .transient),
    ]
    for (code, category) in cases {
      let error = KafkaFailure(code).sinkError("Kafka at a:1", "writing")
      #expect(error.category == category, "\(error)")
      #expect(error.description.hasPrefix("Kafka at a:1: writing failed: "))
    }
  }

  @Test func `a sparse topic is read in steps that grow without end`() {
    var step: Int64 = 1000
    for _ in 0..<30 {
      let next = StateTopic.step(after: step)
      #expect(next > step || step > Int64.max / 8)
      step = next
    }
    #expect(step > Int64.max / 2)
  }

  @Test func `what librdkafka quotes stays on one line`() {
    #expect("a\nb\u{1B}[1m\u{202E}c".oneLine == "a b [1m c")
  }
}
