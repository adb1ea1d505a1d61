internal import PGWire

/// What a replay server says around the stream.
enum ReplayMessages {
  /// AuthenticationOk, the settings that servers report by themselves, and ReadyForQuery.
  static func welcome(serverVersion: String) -> [UInt8] {
    var writer = ByteWriter()
    writer.writeMessage(tag: UInt8(ascii: "R")) { $0.write(Int32(0)) }
    let settings = [
      ("server_version", serverVersion), ("server_encoding", "UTF8"), ("client_encoding", "UTF8"),
      ("integer_datetimes", "on"), ("standard_conforming_strings", "on"),
      ("DateStyle", "ISO, MDY"), ("IntervalStyle", "postgres"), ("TimeZone", "UTC"),
    ]
    for (name, value) in settings {
      writer.writeMessage(tag: UInt8(ascii: "S")) { body in
        body.writeCString(name)
        body.writeCString(value)
      }
    }
    writer.writeMessage(tag: UInt8(ascii: "K")) { body in
      body.write(Int32(1))
      body.write(Int32(1))
    }
    writeReady(&writer)
    return writer.bytes
  }

  /// The answer to a query other than START_REPLICATION.
  static func answer(to query: String, _ track: ReplayTrack) -> [UInt8] {
    let words = query.split { $0.isWhitespace || $0 == ";" || $0 == "(" }
    let command = words.first?.uppercased() ?? ""
    var writer = ByteWriter()
    switch command {
    case "IDENTIFY_SYSTEM":
      writeRow(
        [
          ("systemid", "7000000000000000001"), ("timeline", "1"),
          ("xlogpos", "\(track.lastLSN)"), ("dbname", "postgres"),
        ], &writer)
    case "SHOW":
      let name = words.dropFirst().first.map { $0.lowercased() } ?? ""
      writeRow([(name, setting(name, track))], &writer)
    case "SELECT" where !SettingsQuery.names(query).isEmpty:
      writeRow(SettingsQuery.names(query).map { ($0, SettingsQuery.value($0)) }, &writer)
    case "SELECT":
      // Most often it asks whether something exists: it does.
      writeRow([("value", query.contains("pg_is_in_recovery") ? "f" : "1")], &writer)
    default: break
    }
    writeTag(command == "SELECT" ? "SELECT 1" : command, &writer)
    writeReady(&writer)
    return writer.bytes
  }

  private static func setting(_ name: String, _ track: ReplayTrack) -> String {
    switch name {
    case "server_version": track.serverVersion
    case "wal_sender_timeout": "1min"
    case "wal_segment_size": "16MB"
    case "data_directory_mode": "0700"
    case "wal_level": "logical"
    case "transaction_read_only", "in_hot_standby": "off"
    default: "on"
    }
  }

  /// CopyBothResponse: the stream begins.
  static var streamBegins: [UInt8] {
    var writer = ByteWriter()
    writer.writeMessage(tag: UInt8(ascii: "W")) { body in
      body.write(UInt8(0))
      body.write(Int16(0))
    }
    return writer.bytes
  }

  /// CopyDone, a CommandComplete for the copy and one for the command, ReadyForQuery.
  static var streamEnds: [UInt8] {
    var writer = ByteWriter()
    writer.writeMessage(tag: UInt8(ascii: "c")) { _ in }
    writeTag("COPY 0", &writer)
    writeTag("START_REPLICATION", &writer)
    writeReady(&writer)
    return writer.bytes
  }

  /// The keepalive after the recording, which asks for a reply.
  static func keepAlive(walEnd: LSN) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(UInt8(ascii: "k"))
    writer.write(walEnd)
    writer.write(Int64(0))
    writer.write(UInt8(1))
    return Recording.frame(writer.bytes)
  }

  /// What does not belong here ends the session.
  static var refusal: [UInt8] {
    var writer = ByteWriter()
    writer.writeMessage(tag: UInt8(ascii: "E")) { body in
      body.writeCString("SFATAL")
      body.writeCString("VFATAL")
      body.writeCString("C08P01")
      body.writeCString("Mthis server only plays a recording: simple queries and replication")
      body.write(UInt8(0))
    }
    return writer.bytes
  }

  private static func writeRow(
    _ columns: [(name: String, value: String)], _ writer: inout ByteWriter
  ) {
    let text: UInt32 = 25
    writer.writeMessage(tag: UInt8(ascii: "T")) { body in
      body.write(Int16(columns.count))
      for column in columns {
        body.writeCString(column.name)
        body.write(UInt32(0))
        body.write(Int16(0))
        body.write(text)
        body.write(Int16(-1))
        body.write(Int32(-1))
        body.write(Int16(0))
      }
    }
    writer.writeMessage(tag: UInt8(ascii: "D")) { body in
      body.write(Int16(columns.count))
      for column in columns {
        body.write(Int32(column.value.utf8.count))
        body.write(contentsOf: column.value.utf8)
      }
    }
  }

  private static func writeTag(_ tag: String, _ writer: inout ByteWriter) {
    writer.writeMessage(tag: UInt8(ascii: "C")) { $0.writeCString(tag) }
  }

  private static func writeReady(_ writer: inout ByteWriter) {
    writer.writeMessage(tag: UInt8(ascii: "Z")) { $0.write(UInt8(ascii: "I")) }
  }
}
