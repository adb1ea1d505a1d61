import CDCTime
import PGOutput
import PGWire

/// One value in both forms.
struct FormPair {
  let type: PostgresType
  let text: [UInt8]
  let binary: [UInt8]

  /// The text that we make of the binary form; an error's name if there is none.
  var printed: String {
    do throws(PostgresValueError) {
      return try String(postgresBinary: binary.span, type: type)
    } catch {
      return "\(error)"
    }
  }

  /// What is wrong with the Swift value of the type; `nil` if it is the same from both forms.
  var problem: String? {
    switch type {
    case .builtin(let type): builtinProblem(type)
    case .array(.builtin(.int4), _): compare(PostgresArray<Int32?>.self)
    case .array(.builtin(.text), _): compare(PostgresArray<String?>.self)
    case .array(.builtin(.numeric), _): compare(PostgresArray<PostgresNumeric?>.self)
    case .array(.builtin(.timestamptz), _): compare(PostgresArray<PostgresTimestamp?>.self)
    case .array(.builtin(.bytea), _): compare(PostgresArray<PostgresBytea>.self)
    case .array(.builtin(.box), _): compare(PostgresArray<PostgresBox>.self)
    case .array(.builtin(.int4range), _): compare(PostgresArray<PostgresRange<Int32>>.self)
    case .array: compare(PostgresArray<String?>.self)
    case .range: compare(PostgresRange<String>.self)
    case .hstore: compare(PostgresHstore.self)
    case .composite: compositeProblem
    default: compare(String.self)
    }
  }

  private func builtinProblem(_ type: BuiltinType) -> String? {
    switch type {
    case .bool: compare(Bool.self, prints: true)
    case .int2: compare(Int16.self, prints: true)
    case .int4: compare(Int32.self, prints: true)
    case .int8: compare(Int.self, prints: true)
    case .oid, .xid, .cid: compare(UInt32.self, prints: true)
    case .xid8, .oid8: compare(UInt64.self, prints: true)
    case .tid: compare(PostgresTID.self, prints: true)
    case .float4: compare(Float.self, prints: true)
    case .float8: compare(Double.self, prints: true)
    case .numeric: compare(PostgresNumeric.self, prints: true)
    case .money: compare(PostgresMoney.self, prints: true)
    case .pgLSN: compare(LSN.self)
    case .char: compare(PostgresChar.self, prints: true)
    case .bytea: compare(PostgresBytea.self, prints: true)
    case .uuid: compare(PostgresUUID.self, prints: true)
    case .bit, .varbit: compare(PostgresBits.self, prints: true)
    case .date: compare(PostgresDate.self, prints: true)
    case .time: compare(PostgresTime.self, prints: true)
    case .timetz: compare(PostgresTimeTZ.self, prints: true)
    case .interval: compare(PostgresInterval.self, prints: true)
    case .timestamp: compare(PostgresTimestamp.self)
    case .timestamptz: compare(PostgresTimestamp.self, prints: true)
    case .inet: compare(PostgresInet.self, prints: true)
    case .cidr: compare(PostgresCIDR.self, prints: true)
    case .macaddr, .macaddr8: compare(PostgresMACAddress.self, prints: true)
    case .point: pointProblem
    case .line: compare(PostgresLine.self, prints: true)
    case .lseg: compare(PostgresLineSegment.self, prints: true)
    case .box: compare(PostgresBox.self, prints: true)
    case .path: compare(PostgresPath.self, prints: true)
    case .polygon: compare(PostgresPolygon.self, prints: true)
    case .circle: compare(PostgresCircle.self, prints: true)
    case .int4range: compare(PostgresRange<Int32>.self)
    case .int8range: compare(PostgresRange<Int64>.self)
    case .numrange: compare(PostgresRange<PostgresNumeric>.self)
    case .daterange: compare(PostgresRange<PostgresDate>.self)
    case .tsrange, .tstzrange: compare(PostgresRange<PostgresTimestamp>.self)
    case .int4multirange: compare(PostgresMultirange<Int32>.self)
    case .nummultirange: compare(PostgresMultirange<PostgresNumeric>.self)
    case .datemultirange: compare(PostgresMultirange<PostgresDate>.self)
    case .tsmultirange, .tstzmultirange: compare(PostgresMultirange<PostgresTimestamp>.self)
    default: compare(String.self)
    }
  }

  private func compare<Value: PostgresDecodable & Equatable & PostgresTextConvertible>(
    _: Value.Type, prints: Bool
  ) -> String? {
    if let problem = compare(Value.self) { return problem }
    guard let value = try? Value(postgresText: text.span, type: type) else { return "gone" }
    let expected = String(decoding: text, as: UTF8.self)
    return value.postgresText == expected ? nil : "prints \(value.postgresText)"
  }

  private func compare<Value: PostgresDecodable & Equatable>(_: Value.Type) -> String? {
    do throws(PostgresValueError) {
      let fromText = try Value(postgresText: text.span, type: type)
      let fromBinary = try Value(postgresBinary: binary.span, type: type)
      // NaN is the one value that isn't equal to itself.
      if fromText == fromBinary || "\(fromText)" == "nan" && "\(fromBinary)" == "nan" { return nil }
      return "\(fromText) is not \(fromBinary)"
    } catch {
      return "\(error)"
    }
  }

  private var pointProblem: String? {
    String(decoding: text, as: UTF8.self).contains("NaN")
      ? nil : compare(PostgresPoint.self, prints: true)
  }

  private var compositeProblem: String? {
    do throws(PostgresValueError) {
      let fromText = try PostgresComposite(postgresText: text.span, type: type)
      let fromBinary = try PostgresComposite(postgresBinary: binary.span, type: type)
      for (left, right) in zip(fromText.fields, fromBinary.fields) {
        let (left, right) = (try left.decode(String?.self), try right.decode(String?.self))
        if left != right { return "\(left ?? "NULL") is not \(right ?? "NULL")" }
      }
      return fromText.fields.count == fromBinary.fields.count ? nil : "fields are missing"
    } catch {
      return "\(error)"
    }
  }
}
