/// Unicode's normal form KC, for the characters that Unicode 3.2 has.
///
/// The standard library implements it too, but not publicly. It does publish Unicode's combining
/// classes; the decompositions are in our own table. All of it is fixed forever by
/// Unicode's stability policy.
///
/// Unicode: <https://www.unicode.org/reports/tr15/>
enum Normalization {
  static func nfkc(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    for scalar in scalars { decompose(scalar, into: &result) }
    reorder(&result)
    return compose(result)
  }

  private static func decompose(_ scalar: Unicode.Scalar, into result: inout [Unicode.Scalar]) {
    if let jamo = Hangul.decompose(scalar) {
      result += jamo
    } else if let parts = Decompositions.shared.parts[scalar] {
      for part in parts { decompose(part, into: &result) }
    } else {
      result.append(scalar)
    }
  }

  private static func combiningClass(_ scalar: Unicode.Scalar) -> UInt8 {
    scalar.properties.canonicalCombiningClass.rawValue
  }

  /// Puts each run of marks into the order of their classes; those of one class stay as they are.
  private static func reorder(_ scalars: inout [Unicode.Scalar]) {
    for index in scalars.indices.dropFirst() {
      let mark = scalars[index]
      let ownClass = combiningClass(mark)
      guard ownClass != 0 else { continue }
      var place = index
      while place > 0, combiningClass(scalars[place - 1]) > ownClass {
        scalars[place] = scalars[place - 1]
        place -= 1
      }
      scalars[place] = mark
    }
  }

  /// Puts a starter together with what follows it and is not blocked by a mark between.
  private static func compose(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var starter: Int?
    var lastClass: UInt8 = 0
    for scalar in scalars {
      let ownClass = combiningClass(scalar)
      // Nothing is between if the starter is the last; a mark blocks others of its class.
      let isOpen = starter == result.count - 1 || lastClass < ownClass
      if let place = starter, isOpen, let composed = pair(result[place], scalar) {
        result[place] = composed
        continue
      }
      if ownClass == 0 { starter = result.count }
      lastClass = ownClass
      result.append(scalar)
    }
    return result
  }

  private static func pair(
    _ first: Unicode.Scalar, _ second: Unicode.Scalar
  ) -> Unicode.Scalar? {
    Hangul.compose(first, second) ?? Decompositions.shared.composed[[first, second]]
  }
}

/// The decompositions, unpacked once.
private struct Decompositions: Sendable {
  static let shared = Decompositions()

  private(set) var parts: [Unicode.Scalar: [Unicode.Scalar]] = [:]
  private(set) var composed: [[Unicode.Scalar]: Unicode.Scalar] = [:]

  private init() {
    var numbers = PackedNumbers(DecompositionTable.packed)
    var code: UInt32 = 0
    var part: Int32 = 0
    while let distance = numbers.next(), let header = numbers.next() {
      code += distance
      var list: [Unicode.Scalar] = []
      for _ in 0..<(header >> 1) {
        part += numbers.nextSigned() ?? 0
        if let scalar = Unicode.Scalar(UInt32(bitPattern: part)) { list.append(scalar) }
      }
      guard let scalar = Unicode.Scalar(code) else { continue }
      parts[scalar] = list
      if header & 1 == 1 { composed[list] = scalar }
    }
  }
}

/// Korean syllables, which are arithmetic: Unicode, chapter 3.12.
private enum Hangul {
  private static let syllables: ClosedRange<UInt32> = 0xAC00...0xD7A3
  private static let leading: ClosedRange<UInt32> = 0x1100...0x1112
  private static let vowels: ClosedRange<UInt32> = 0x1161...0x1175
  private static let trailing: ClosedRange<UInt32> = 0x11A8...0x11C2
  /// Trailing consonants, none among them.
  private static let trailingCount: UInt32 = 28
  private static let vowelCount: UInt32 = 21

  static func decompose(_ scalar: Unicode.Scalar) -> [Unicode.Scalar]? {
    guard syllables.contains(scalar.value) else { return nil }
    let index = scalar.value - syllables.lowerBound
    let tail = index % trailingCount
    let parts = [
      leading.lowerBound + index / (vowelCount * trailingCount),
      vowels.lowerBound + index / trailingCount % vowelCount,
    ]
    return (parts + (tail == 0 ? [] : [trailing.lowerBound - 1 + tail]))
      .compactMap(Unicode.Scalar.init)
  }

  static func compose(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
    if leading.contains(first.value), vowels.contains(second.value) {
      let index =
        (first.value - leading.lowerBound) * vowelCount + second.value - vowels.lowerBound
      return Unicode.Scalar(syllables.lowerBound + index * trailingCount)
    }
    guard syllables.contains(first.value), trailing.contains(second.value),
      (first.value - syllables.lowerBound).isMultiple(of: trailingCount)
    else { return nil }
    return Unicode.Scalar(first.value + second.value - trailing.lowerBound + 1)
  }
}
