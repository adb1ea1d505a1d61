// swift-tools-version: 6.3
import PackageDescription

// Coverage-guided fuzzers, kept out of the package. Fuzz/run builds them, with the compiler's
// instrumentation in the whole package and the runtime that has the `main`. The package's own tests
// compile their sources too, and run what was found.

func fuzzer(_ name: String, _ products: [String]) -> Target {
  .executableTarget(
    name: name,
    dependencies: products.map { .product(name: $0, package: "swift-postgres-replication") },
    swiftSettings: [
      .treatAllWarnings(as: .error),
      .enableUpcomingFeature("InternalImportsByDefault"),
      .enableUpcomingFeature("MemberImportVisibility"),
      .define("FUZZING"),
      .unsafeFlags(["-parse-as-library"]),
    ])
}

let package = Package(
  name: "Fuzz",
  platforms: [.macOS(.v26)],
  dependencies: [.package(name: "swift-postgres-replication", path: "..")],
  targets: [
    fuzzer("fuzz-pgoutput", ["PGOutput", "PGWire"]),
    fuzzer("fuzz-wire", ["PGWire"]),
    fuzzer("fuzz-sasl", ["PGWire"]),
    fuzzer("fuzz-copy", ["PGWire"]),
    fuzzer("fuzz-stream", ["PGOutput", "PGWire", "ReplicationCore"]),
    fuzzer("fuzz-values", ["CDCTime", "PGOutput", "PGWire"]),
    fuzzer("fuzz-types", ["PGOutput"]),
    fuzzer("fuzz-settings", ["CDCTime", "PGWire"]),
    fuzzer("fuzz-catalog", ["CDCTime", "PGOutput", "PGWire", "ReplicationCore"]),
    fuzzer("fuzz-checkpoint", ["PGWire", "ReplicationCore"]),
    fuzzer("fuzz-recording", ["PGWire", "ReplicationTestKit"]),
  ]
)
