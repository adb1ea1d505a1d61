// swift-tools-version: 6.3
import PackageDescription

// What `Scripts/soak` runs, kept out of the package: none of this reaches a user.

let package = Package(
  name: "Soak",
  platforms: [.macOS(.v26)],
  dependencies: [
    .package(name: "swift-postgres-replication", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
  ],
  targets: [
    // The workload, consumers that keep a copy of the tables, and the comparison of both.
    .executableTarget(
      name: "soak-trial",
      dependencies: [
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "PGOutput", package: "swift-postgres-replication"),
        .product(name: "PGWire", package: "swift-postgres-replication"),
        .product(name: "ReplicationCore", package: "swift-postgres-replication"),
      ],
      swiftSettings: [
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
      ])
  ]
)
