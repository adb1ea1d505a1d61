import ChangeSinks
import PGWire
import Testing

@testable import KafkaSink

/// Addresses, properties and passwords.
@Suite struct KafkaOptionsTests {
  @Test func `a URL names brokers, a user and properties`() throws {
    let options = try KafkaOptions(
      url: "kafkas://sh%40p:se%3Acret@kafka-1:9093,kafka-2,[::1]:9094/"
        + "?sasl.mechanism=PLAIN&compression.codec=zstd")
    #expect(options.brokers == ["kafka-1:9093", "kafka-2:9092", "[::1]:9094"])
    #expect(options.usesTLS)
    #expect(options.user == "sh@p")
    #expect(options.password == .text("se:cret"))
    #expect(options.properties == ["sasl.mechanism": "PLAIN", "compression.codec": "zstd"])
  }

  @Test func `a URL may be short`() throws {
    let options = try KafkaOptions(url: "kafka://localhost")
    #expect(options.brokers == ["localhost:9092"])
    #expect(!options.usesTLS && options.user == nil && options.password == nil)
    #expect(try KafkaOptions(url: "kafka://u@[::1]").brokers == ["[::1]:9092"])
  }

  @Test(arguments: [
    "redis://localhost", "kafka://", "kafka://:9092", "kafka://a:x", "kafka://a:0", "kafka://a,",
    "kafka://a/topic", "kafka://a/?x", "kafka://a/?=y", "kafka://u:%4@a", "kafka://u:%zz@a",
    "kafka://u:%00@a", "kafka://u:%ff@a", "",
  ])
  func `a URL that is not valid is refused`(url: String) {
    #expect(throws: SinkError.self) { try KafkaOptions(url: url) }
  }

  @Test func `no error and no description shows a password`() throws {
    var texts: [String] = []
    do throws(SinkError) {
      _ = try KafkaOptions(url: "kafka://user:hidden%@a")
    } catch {
      texts += ["\(error)", String(reflecting: error)]
    }
    var options = try KafkaOptions(url: "kafka://user:hidden@a/?ssl.key.password=hidden")
    texts += ["\(options)", String(reflecting: options)]
    var dumped = ""
    dump(options, to: &dumped)
    options.password = .text("hidden")
    texts += [dumped, "\(options.password.debugDescription)"]
    dumped = ""
    dump(options.password, to: &dumped)
    texts.append(dumped)
    #expect(texts.count == 7)
    for text in texts { #expect(!text.contains("hidden"), "\(text)") }
  }

  @Test func `a password that can't be found says where`() throws {
    for password in [KafkaPassword.environment("PGCDC_NO_SUCH"), .file("/no/such/file")] {
      var options = KafkaOptions(brokers: ["a:1"])
      options.password = password
      let wanted = options
      let error = #expect(throws: SinkError.self) { try wanted.consumerSettings() }
      #expect(error?.category == .needsOperator)
      #expect(error?.reason.contains("\(password)") == true)
    }
  }

  @Test func `own properties go before the defaults, and not before what is fixed`() throws {
    var options = KafkaOptions(brokers: ["a:1"])
    options.user = "u"
    options.properties = ["acks": "0", "sasl.mechanism": "PLAIN", "linger.ms": "50"]
    let settings = try options.producerSettings(transactionalID: "t")
    let last = Dictionary(settings.map { ($0.name, $0.value) }) { _, later in later }
    #expect(last["acks"] == "all")
    #expect(last["sasl.mechanism"] == "PLAIN")
    #expect(last["security.protocol"] == "sasl_plaintext")
    #expect(last["linger.ms"] == "50")
    #expect(last["transactional.id"] == "t")
    #expect(last["isolation.level"] == "read_uncommitted")
    #expect(last["sticky.partitioning.linger.ms"] == "0")
    options.properties["partitioner"] = "consistent"
    let theirs = try options.producerSettings(transactionalID: "t")
    #expect(!theirs.map(\.name).contains("sticky.partitioning.linger.ms"))
  }

  @Test func `what a consumer can't read is an error, whatever the own properties say`() throws {
    var options = KafkaOptions(brokers: ["a:1"])
    options.properties = ["auto.offset.reset": "latest", "isolation.level": "read_uncommitted"]
    let settings = try options.consumerSettings()
    let last = Dictionary(settings.map { ($0.name, $0.value) }) { _, later in later }
    #expect(last["auto.offset.reset"] == "error")
    #expect(last["isolation.level"] == "read_committed")
    #expect(last["enable.partition.eof"] == "true")
  }

  @Test func `a property that librdkafka does not know is an error with its name`() async throws {
    var options = KafkaOptions(brokers: ["127.0.0.1:1"])
    options.properties["no.such.property"] = "1"
    let engine = KafkaEngine(options)
    let error = await #expect(throws: SinkError.self) { try await engine.open(slot: "s") }
    #expect(error?.category == .fatal)
    #expect(error?.reason.contains("no.such.property") == true)
  }

  @Test func `times fit into C's numbers`() {
    #expect(Duration.seconds(2).milliseconds == 2000)
    #expect(Duration.microseconds(1500).milliseconds == 1)
    #expect(Duration.seconds(-1).milliseconds == 0)
    #expect(Duration.seconds(1 << 40).milliseconds == .max)
  }
}
