internal import ChangeSinks
internal import PGWire

/// A stream as JetStream describes it.
///
/// Message: `$JS.API.STREAM.INFO`.
struct StreamInfo: Sendable {
  /// The number of the last message, whether it is still there or not.
  let lastSequence: UInt64
  private let config: JSONValue

  /// `nil` for anything else.
  init?(_ answer: JSONValue) {
    guard let config = answer["config"], let last = answer["state"]?["last_seq"]?.unsigned else {
      return nil
    }
    self.config = config
    lastSequence = last
  }

  /// Whether a message can remove those on its subject that were before it.
  var allowsRollup: Bool { config["allow_rollup_hdrs"]?.isTrue ?? false }

  /// Whether messages are removed after a time.
  var hasMaxAge: Bool { (config["max_age"]?.integer ?? 0) > 0 }

  /// What keeps the stream from holding what it is given; `nil` if nothing does.
  ///
  /// - Returns: What is wrong, and how to put it right.
  func fault(_ names: StreamNames, _ options: NATSStreamOptions) -> String? {
    let subjects = config["subjects"]?.texts ?? []
    guard Set(subjects) == [names.records, names.checkpoint] else {
      return "has the subjects \(subjects.joined(separator: ", ")), and needs \(names.records) and "
        + "\(names.checkpoint), and no others"
    }
    return faultOfOrder ?? faultOfRetention ?? faultOfStorage(options)
  }

  private var faultOfOrder: String? {
    if config["mirror"] != nil || config["sources"]?.hasContent == true {
      return "has messages of other streams; give the connector a stream of its own, and let the "
        + "other one have this as its source"
    }
    if config["subject_transform"]?.hasContent == true {
      return "changes subjects; remove its subject_transform"
    }
    if config["sealed"]?.isTrue == true { return "is sealed" }
    if config["no_ack"]?.isTrue == true {
      return "does not acknowledge messages; set no_ack to false"
    }
    return nil
  }

  private var faultOfRetention: String? {
    let retention = config["retention"]?.text ?? "limits"
    if retention != "limits" {
      return "has the retention \(retention), with which consumers remove the stored checkpoint; "
        + "set it to limits, or let another stream have this as its source"
    }
    if hasMaxAge, config["allow_msg_ttl"]?.isTrue != true {
      return "removes messages after a time, and the stored checkpoint too; set allow_msg_ttl, "
        + "which servers since 2.11 have, or no max_age"
    }
    if config["discard_new_per_subject"]?.isTrue == true {
      return "refuses further messages on a subject; set discard_new_per_subject to false"
    }
    return nil
  }

  private func faultOfStorage(_ options: NATSStreamOptions) -> String? {
    if config["storage"]?.text == "memory", options.storage != .memory {
      return "is in memory; use one in files, or allow it with the storage option"
    }
    if config["persist_mode"]?.text == "async" {
      return "acknowledges messages before they are stored; set persist_mode to default"
    }
    let replicas = config["num_replicas"]?.integer ?? 1
    if replicas < Int64(options.replicas) {
      return "has \(replicas) replicas, and \(options.replicas) are wanted; raise num_replicas"
    }
    return nil
  }
}
