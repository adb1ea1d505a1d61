// swift-tools-version: 6.3
import PackageDescription

// Coverage-guided fuzzers, kept out of the package. Fuzz/run builds them, with the compiler's
// instrumentation in the whole package and the runtime that has the `main`.

func fuzzer(_ name: String, _ products: [String]) -> Target {
  .executableTarget(
    name: name,
    dependencies: products.map { .product(name: $0, package: "swift-postgres-replication") },
    swiftSettings: [
      .treatAllWarnings(as: .error),
      .enableUpcomingFeature("InternalImportsByDefault"),
      .enableUpcomingFeature("MemberImportVisibility"),
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
    fuzzer("fuzz-stream", ["PGOutput", "PGWire", "ReplicationCore"]),
    fuzzer("fuzz-settings", ["CDCTime", "PGWire"]),
  ]
)
