extension JSONLineFormat {
  /// Options for lines, and the limits of every line.
  ///
  /// Anyone who may write into a table chooses what is in its values; these limits keep one row
  /// from ending the program that writes the lines, or those that read them.
  public struct Options: Sendable {
    /// What becomes of `json` and `jsonb` values.
    @nonexhaustive public enum Documents: String, CaseIterable, Sendable {
      /// They are part of the line, if any strict parser takes them; else they are strings.
      case embed
      /// They are strings that hold JSON, all of them.
      case quote
    }

    /// What becomes of `json` and `jsonb` values.
    public var documents = Documents.embed

    /// How `int8` values are printed.
    @nonexhaustive public enum LargeIntegers: String, CaseIterable, Sendable {
      /// As numbers.
      case number
      /// As a string, each of them: readers that only have doubles change numbers beyond 2^53.
      case string
    }

    /// How `int8` values are printed.
    public var largeIntegers = LargeIntegers.number

    /// How deep arrays and objects of an embedded document may lie in one another.
    ///
    /// Parsers have limits: 64 levels (.NET), 100 (Ruby), 128 (serde), 512 (PHP, Foundation),
    /// 1000 (Java, Python). With the line's own objects and the six dimensions that an array of
    /// documents can have, 50 levels are accepted by all of them.
    public var maxDocumentNesting = 50

    /// Whether each row, truncate and message names its transaction: `xid`, `commitLSN` (of one
    /// that is prepared `prepareLSN`), and `index`, the change's number in it, from 0.
    ///
    /// Changes that ``filter`` leaves out have no number. The position and the index together
    /// identify a change, also when it is delivered again.
    public var namesTransaction = false

    /// The most bytes that a line may have; `nil` for 64 MiB and eight times what the row was
    /// sent as, which no value comes near to unless its text is far longer than what was sent.
    public var maxLineBytes: Int?

    /// Which tables are written, and what becomes of their columns.
    public var filter = ChangeFilter()

    /// Topics, keys and tombstones, where the ``OutputBuffer`` keeps records.
    public var records = RecordOptions()

    /// The envelope that each event is put into; `nil` for none.
    public var cloudEvents: CloudEvents?

    /// Whether what begins and ends transactions is a record too, of the topic for transactions.
    ///
    /// Lines always have them.
    public var recordsTransactions = false

    /// Documents embedded, numbers as numbers, and the limits that all readers take.
    public init() {}
  }
}
