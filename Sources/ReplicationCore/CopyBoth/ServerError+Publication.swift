internal import PGWire

extension ServerError {
  /// Whether it is the warning that a publication did not exist when the next change was made.
  ///
  /// The code is shared with other conditions, and the text is translated; the name of the function
  /// is neither. Since server 18.
  var isPublicationSkipped: Bool {
    severity == "WARNING" && sqlState == .objectNotInPrerequisiteState
      && routine == "LoadPublications"
  }
}
