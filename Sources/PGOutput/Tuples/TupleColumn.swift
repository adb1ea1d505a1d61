/// One column of a tuple, as the wire has it.
///
/// The bytes borrow the message; copy what must outlive it.
public enum TupleColumn: ~Escapable {
  /// SQL's NULL.
  case null
  /// A large value that the update didn't touch, and that is therefore not sent.
  ///
  /// Its value is that of the old row; it is never NULL.
  case unchanged
  /// A column outside the key, in an old row of which the key alone is sent: not NULL, but unknown.
  case notSent
  /// The output of the type's output function, in the client encoding.
  case text(Span<UInt8>)
  /// The output of the type's binary send function; servers since 14, and only if asked for.
  case binary(Span<UInt8>)
}
