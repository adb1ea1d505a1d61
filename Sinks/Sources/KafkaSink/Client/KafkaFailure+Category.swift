internal import CSinkRdKafka
internal import PGWire

extension KafkaFailure {
  /// What can be done about it.
  ///
  /// An error that librdkafka calls fatal ends a client; another client may well do better, and the
  /// sink makes a new one each time that it is opened.
  var category: ErrorCategory {
    if Self.hopeless.contains(code) { return .fatal }
    let isForOperator =
      isFenced || isUnauthenticated || Self.unauthorized.contains(code)
      || Self.misconfigured.contains(code)
    return isForOperator ? .needsOperator : .transient
  }

  /// Whether a later producer with the same `transactional.id` has taken over.
  ///
  /// A broker says the same of a producer whose transaction has exceeded its time.
  var isFenced: Bool { Self.fenced.contains(code) }

  /// Whether the broker did not accept who we are, or its certificate was not accepted.
  var isUnauthenticated: Bool { Self.unauthenticated.contains(code) }

  /// How to fix it, where that is known.
  var remedy: String? {
    if isFenced {
      return "another connector took over with the same transactional.id: stop one of the two"
    }
    if isUnauthenticated {
      return "check the user, the password, sasl.mechanism, TLS and its certificates"
    }
    switch code {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED.rawValue:
      return "the user needs WRITE and DESCRIBE on the topic, and READ on the topic for the state"
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED.rawValue:
      return "the user needs WRITE and DESCRIBE on the transactional.id"
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED.rawValue:
      return "the user needs CREATE and IDEMPOTENT_WRITE on the cluster"
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT.rawValue:
      return "lower transactionTimeout, or raise the brokers' transaction.max.timeout.ms"
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART.rawValue,
      RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC.rawValue, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION.rawValue:
      return "create the topic, or set newTopics"
    case RD_KAFKA_RESP_ERR_INVALID_RECORD.rawValue:
      return "a topic with cleanup.policy=compact takes no record without a key"
    default: return nil
    }
  }

  private static let fenced = codes(
    RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
    RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)

  private static let unauthenticated = codes(
    RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL,
    RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE,
    RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM)

  private static let unauthorized = codes(
    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
    RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
    RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    RD_KAFKA_RESP_ERR_SECURITY_DISABLED)

  private static let misconfigured = codes(
    RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
    RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
    RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, RD_KAFKA_RESP_ERR_INVALID_PARTITIONS,
    RD_KAFKA_RESP_ERR_INVALID_CONFIG, RD_KAFKA_RESP_ERR_POLICY_VIOLATION)

  private static let hopeless = codes(
    RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
    RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, RD_KAFKA_RESP_ERR_INVALID_RECORD,
    RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT,
    RD_KAFKA_RESP_ERR__INVALID_ARG, RD_KAFKA_RESP_ERR__NOT_CONFIGURED)

  private static func codes(_ list: rd_kafka_resp_err_t...) -> Set<Int32> {
    Set(list.map { $0.rawValue })
  }
}
