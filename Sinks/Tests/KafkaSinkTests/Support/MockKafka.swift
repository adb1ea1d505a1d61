import CSinkRdKafka
import KafkaSink
import Logging

/// librdkafka's own cluster for tests, whose brokers speak Kafka's protocol over TCP.
///
/// It has transactions, and fails where it is told to. But version 2.0 shows consumers what was
/// aborted, does not fence earlier producers, and creates topics only when they are used.
@safe final class MockKafka: @unchecked Sendable {
  /// Kinds of requests, by their numbers in Kafka's protocol.
  enum Request: Int16 {
    case produce = 0
    case registerProducer = 22
    case addPartitionsToTransaction = 24
    case endTransaction = 26
  }

  struct Unavailable: Error {}

  private let host: OpaquePointer
  private let cluster: OpaquePointer

  init(brokers count: Int32 = 1) throws {
    let configuration = unsafe rd_kafka_conf_new()
    unsafe rd_kafka_conf_set_log_cb(configuration) { _, _, _, _ in }
    guard let host = unsafe rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0),
      let cluster = unsafe rd_kafka_mock_cluster_new(host, count)
    else { throw Unavailable() }
    unsafe self.host = host
    unsafe self.cluster = cluster
  }

  deinit {
    unsafe rd_kafka_mock_cluster_destroy(cluster)
    unsafe rd_kafka_destroy(host)
  }

  var brokers: [String] {
    guard let list = unsafe rd_kafka_mock_cluster_bootstraps(cluster) else { return [] }
    return unsafe String(cString: list).split(separator: ",").map { String($0) }
  }

  /// Options for a connector.
  func options() -> KafkaOptions {
    var options = KafkaOptions(brokers: brokers)
    options.createsStateTopic = false
    options.timeout = .seconds(20)
    options.logger.logLevel = .critical
    return options
  }

  /// Has the next requests of a kind fail.
  ///
  /// - Parameter codes: For one request each; `RD_KAFKA_RESP_ERR__TRANSPORT` breaks the connection.
  func fail(_ request: Request, with codes: [rd_kafka_resp_err_t]) {
    unsafe rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, codes.count, codes)
  }

  /// Has all brokers refuse connections.
  func setDown() {
    unsafe rd_kafka_mock_broker_set_down(cluster, -1)
  }

  /// Has them take connections again.
  func setUp() {
    unsafe rd_kafka_mock_broker_set_up(cluster, -1)
  }

  /// Creates a topic with a number of partitions.
  func createTopic(_ name: String, partitions: Int32) {
    unsafe rd_kafka_mock_topic_create(cluster, name, partitions, 1)
  }
}
