// swift-tools-version: 6.3
import PackageDescription

// What measures the package, kept out of it: none of this reaches a user.
let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v26)],
  dependencies: [
    .package(name: "swift-postgres-replication", path: ".."),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
  ],
  targets: [
    .executableTarget(
      name: "bench",
      dependencies: [
        .product(name: "CDCTime", package: "swift-postgres-replication"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "PGOutput", package: "swift-postgres-replication"),
        .product(name: "PGWire", package: "swift-postgres-replication"),
        .product(name: "ReplicationCore", package: "swift-postgres-replication"),
        .product(name: "ReplicationTestKit", package: "swift-postgres-replication"),
        // Not linked; named so that one build makes both programs.
        .product(name: "pgcdc", package: "swift-postgres-replication"),
      ],
      swiftSettings: [
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
      ])
  ]
)
