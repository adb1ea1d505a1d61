extension TLSOptions {
  /// What is wrong with the files that it names, as a connection of this module would find it.
  ///
  /// A key whose password is missing, for example. Nobody is asked for one.
  package var fileProblem: TLSError? {
    do throws(TLSError) {
      _ = try TLSContext.client(self, home: Environment.homeDirectory)
      return nil
    } catch {
      return error
    }
  }
}
