// swift-tools-version: 6.3
import PackageDescription

// Sinks: each on its engine's own client library, which only those who choose the product need.

let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let sinks: [Target.Dependency] = [
  .product(name: "ChangeFormats", package: "swift-postgres-replication"),
  .product(name: "ChangeSinks", package: "swift-postgres-replication"),
  .product(name: "PGOutput", package: "swift-postgres-replication"),
  .product(name: "PGWire", package: "swift-postgres-replication"),
  .product(name: "ReplicationCore", package: "swift-postgres-replication"),
  .product(name: "Logging", package: "swift-log"),
]

let testKit = Target.Dependency.product(
  name: "ReplicationTestKit", package: "swift-postgres-replication")

// The options that pgcdc has too.
let arguments = Target.Dependency.product(
  name: "PgcdcArguments", package: "swift-postgres-replication")

let package = Package(
  name: "Sinks",
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "RedisSink", targets: ["RedisSink"]),
    .library(name: "NATSSink", targets: ["NATSSink"]),
    .library(name: "KafkaSink", targets: ["KafkaSink"]),
    .library(name: "PostgresSink", targets: ["PostgresSink"]),
    .executable(name: "pgcdc-sink", targets: ["pgcdc-sink"]),
  ],
  dependencies: [
    .package(name: "swift-postgres-replication", path: "..", traits: ["Configuration"]),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.0.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CSinkHiredis", pkgConfig: "hiredis",
      providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]),
    .target(name: "RedisSink", dependencies: ["CSinkHiredis"] + sinks, swiftSettings: settings),
    .systemLibrary(
      name: "CSinkNATS", pkgConfig: "libnats",
      providers: [.apt(["libnats-dev"]), .brew(["cnats"])]),
    .target(name: "NATSSink", dependencies: ["CSinkNATS"] + sinks, swiftSettings: settings),
    .systemLibrary(
      name: "CSinkRdKafka", pkgConfig: "rdkafka",
      providers: [.apt(["librdkafka-dev"]), .brew(["librdkafka"])]),
    .target(name: "KafkaSink", dependencies: ["CSinkRdKafka"] + sinks, swiftSettings: settings),
    .systemLibrary(
      name: "CSinkLibPQ", pkgConfig: "libpq",
      providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
    .target(name: "PostgresSink", dependencies: ["CSinkLibPQ"] + sinks, swiftSettings: settings),

    // What the program asks of the system: signals, and a listening socket.
    .target(name: "CSinkSystem"),
    .executableTarget(
      name: "pgcdc-sink",
      dependencies: [
        "CSinkSystem", "KafkaSink", "NATSSink", "PostgresSink", "RedisSink", arguments,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Configuration", package: "swift-configuration"),
      ] + sinks,
      swiftSettings: settings),

    // What puts the sinks to the test: a workload, and a comparison row by row.
    .executableTarget(
      name: "sink-trial",
      dependencies: [
        "KafkaSink", "NATSSink", "PostgresSink", "RedisSink",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ] + sinks,
      swiftSettings: settings),

    // A real subscription for each, over a server in memory.
    .testTarget(
      name: "RedisSinkTests", dependencies: ["RedisSink", testKit] + sinks, swiftSettings: settings),
    .testTarget(
      name: "NATSSinkTests", dependencies: ["NATSSink", testKit] + sinks, swiftSettings: settings),
    .testTarget(
      name: "KafkaSinkTests", dependencies: ["CSinkRdKafka", "KafkaSink", testKit] + sinks,
      swiftSettings: settings),
    .testTarget(
      name: "PgcdcSinkTests",
      dependencies: [
        "CSinkSystem", "pgcdc-sink", arguments,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ] + sinks,
      swiftSettings: settings),
    .testTarget(
      name: "PostgresSinkTests",
      dependencies: [
        "PostgresSink", "pgcdc-sink", testKit,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ] + sinks,
      swiftSettings: settings),
  ]
)
