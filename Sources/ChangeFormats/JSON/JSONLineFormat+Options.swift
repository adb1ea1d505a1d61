import PGOutput

/// What may be chosen about lines, and the limits that every line keeps to.
///
/// Whoever may write into a table chooses what is in its values; these limits are what keeps one
/// row from ending this program or those that read the lines.
struct LineOptions {
  /// What becomes of `json` and `jsonb` values.
  enum Documents: String, CaseIterable {
    /// They are part of the line, if any strict parser takes them; else they are strings.
    case embed
    /// They are strings that hold JSON, all of them.
    case quote
  }

  var documents = Documents.embed

  /// How `int8` values are printed.
  enum LargeIntegers: String, CaseIterable {
    case number
    /// As a string, each of them: readers that have doubles only change numbers beyond 2^53.
    case string
  }

  var largeIntegers = LargeIntegers.number

  /// How deep arrays and objects of an embedded document may lie in one another.
  ///
  /// Parsers have limits: 64 levels (.NET), 100 (Ruby), 128 (serde), 512 (PHP, Foundation), 1000
  /// (Java, Python). With the line's own objects and the six dimensions that an array of documents
  /// can have, 50 levels are taken by all of them.
  var maxDocumentNesting = 50

  /// The most bytes that a line may have; `nil` for 64 MiB and eight times what the row was sent
  /// as, which no value comes near to unless its text is far longer than what the server has sent.
  var maxLineBytes: Int?
}

/// How long the line at hand may become.
struct LineBudget {
  private let start: Int
  private var allowed: Int
  private let grows: Bool

  init(start: Int, _ options: LineOptions) {
    self.start = start
    allowed = options.maxLineBytes ?? ValueTextLimit.defaultBytes
    grows = options.maxLineBytes == nil
  }

  /// The limit at this point of the line.
  var limit: Int { allowed }

  /// Counts the bytes of the value that comes next.
  mutating func note(_ byteCount: Int) {
    guard grows else { return }
    let (more, overflow) = byteCount.multipliedReportingOverflow(by: ValueTextLimit.defaultGrowth)
    let (sum, carry) = allowed.addingReportingOverflow(more)
    allowed = overflow || carry ? .max : sum
  }

  /// How much may be appended to what there is.
  func room(after count: Int) -> Int { allowed - (count - start) }
}
