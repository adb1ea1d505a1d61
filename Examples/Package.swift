// swift-tools-version: 6.3
import PackageDescription

// What shows the package at work, kept out of it: none of this reaches a user.

let settings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
  name: "Examples",
  platforms: [.macOS(.v26)],
  dependencies: [
    .package(name: "swift-postgres-replication", path: ".."),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.0.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
  ],
  targets: [
    // The example: tables of PostgreSQL, mirrored into an SQLite file.
    .executableTarget(
      name: "sqlite-mirror",
      dependencies: [
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "PGOutput", package: "swift-postgres-replication"),
        .product(name: "PGWire", package: "swift-postgres-replication"),
        .product(name: "ReplicationCore", package: "swift-postgres-replication"),
      ],
      swiftSettings: settings),
    // What puts it to the test: a workload, and a comparison row by row.
    .executableTarget(
      name: "mirror-trial",
      dependencies: [
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "PGWire", package: "swift-postgres-replication"),
        .product(name: "ReplicationCore", package: "swift-postgres-replication"),
      ],
      swiftSettings: settings),
  ]
)
