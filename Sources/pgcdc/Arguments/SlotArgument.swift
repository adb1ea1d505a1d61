internal import ArgumentParser

/// The slot, as most subcommands name it.
struct SlotArgument: ParsableArguments {
  @Option(help: "The replication slot's name: a-z, 0-9 and _.")
  var slot: String
}
