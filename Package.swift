// swift-tools-version: 6.3
import PackageDescription

let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .enableUpcomingFeature("ImmutableWeakCaptures"),
]

let package = Package(
  name: "swift-postgres-replication",
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "CDCTime", targets: ["CDCTime"]),
    .library(name: "PGWire", targets: ["PGWire"]),
    .library(name: "PGOutput", targets: ["PGOutput"]),
    .library(name: "ReplicationCore", targets: ["ReplicationCore"]),
    .library(name: "ReplicationTestKit", targets: ["ReplicationTestKit"]),
    .library(name: "ChangeFormats", targets: ["ChangeFormats"]),
    .library(name: "ChangeSinks", targets: ["ChangeSinks"]),
    .library(name: "ChangeCompression", targets: ["ChangeCompression"]),
    // For pgcdc and pgcdc-sink alone: it has no pages, and anything in it may change.
    .library(name: "PgcdcArguments", targets: ["PgcdcArguments"]),
    .executable(name: "pgcdc", targets: ["pgcdc"]),
  ],
  traits: [
    .trait(
      name: "ServiceLifecycle",
      description: "A subscription as a service of swift-service-lifecycle."),
    .trait(name: "Metrics", description: "How a subscription is doing, through swift-metrics."),
    .trait(
      name: "DistributedTracing",
      description: "Spans of a subscription's work, through swift-distributed-tracing."),
    .trait(
      name: "Configuration", description: "Parameters and options from swift-configuration."),
    .trait(
      name: "Foundation",
      description: "Columns as Date, Decimal, URL, Data and UUID, and JSON as Decodable types."),
    .trait(name: "Compression", description: "Files that a sink compresses with zlib."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.3.0"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.0.0"),
  ],
  targets: [
    .target(name: "CDCTime", dependencies: ["CReplicationSystem"], swiftSettings: settings),
    .systemLibrary(
      name: "CReplicationOpenSSL", pkgConfig: "openssl",
      providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
    .target(name: "CReplicationSystem"),
    .target(
      name: "PGWire", dependencies: ["CDCTime", "CReplicationOpenSSL", "CReplicationSystem"],
      swiftSettings: settings),
    .systemLibrary(
      name: "CReplicationLibPQ", pkgConfig: "libpq",
      providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
    .target(name: "PGOutput", dependencies: ["CDCTime", "PGWire"], swiftSettings: settings),
    .target(
      name: "ReplicationCore",
      dependencies: [
        "CDCTime", "PGWire", "PGOutput", "CReplicationLibPQ", "CReplicationSystem",
        .product(name: "Logging", package: "swift-log"),
        .product(
          name: "ServiceLifecycle", package: "swift-service-lifecycle",
          condition: .when(traits: ["ServiceLifecycle"])),
        .product(
          name: "Metrics", package: "swift-metrics", condition: .when(traits: ["Metrics"])),
        .product(
          name: "Tracing", package: "swift-distributed-tracing",
          condition: .when(traits: ["DistributedTracing"])),
        .product(
          name: "Configuration", package: "swift-configuration",
          condition: .when(traits: ["Configuration"])),
      ],
      swiftSettings: settings),
    .target(
      name: "ReplicationTestKit",
      dependencies: ["CDCTime", "CReplicationSystem", "PGWire", "PGOutput", "ReplicationCore"],
      swiftSettings: settings),
    .target(
      name: "ChangeFormats",
      dependencies: ["CDCTime", "PGWire", "PGOutput", "ReplicationCore"],
      swiftSettings: settings),
    .target(
      name: "ChangeSinks",
      dependencies: [
        "CDCTime", "PGWire", "PGOutput", "ReplicationCore", "ChangeFormats",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    // A package of its own on Debian, and a part of the SDK on macOS. Only the trait links it.
    .systemLibrary(
      name: "CReplicationZlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .target(
      name: "ChangeCompression",
      dependencies: [
        "ChangeSinks", "PGWire",
        .target(name: "CReplicationZlib", condition: .when(traits: ["Compression"])),
      ],
      swiftSettings: settings),
    // The options that pgcdc has in common with pgcdc-sink, which is in a package of its own.
    .target(
      name: "PgcdcArguments",
      dependencies: [
        "CDCTime", "PGWire", "ReplicationCore", "ChangeFormats",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "pgcdc",
      dependencies: [
        "CDCTime", "CReplicationSystem", "PGWire", "PGOutput", "ReplicationCore",
        "ReplicationTestKit",
        "ChangeCompression", "ChangeFormats", "ChangeSinks", "PgcdcArguments",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    // What only the tests need: repeatable random numbers, and shorter forms of the kit's encoder.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
    .target(
      name: "PGOutputTestSupport", dependencies: ["CDCTime", "PGWire", "ReplicationTestKit"],
      path: "Tests/PGOutputTestSupport", swiftSettings: settings),

    .testTarget(
      name: "CDCTimeTests", dependencies: ["TestSupport", "CDCTime"], swiftSettings: settings),
    .testTarget(
      name: "PGWireTests",
      dependencies: [
        "TestSupport", "CDCTime", "CReplicationSystem", "PGWire", "ReplicationTestKit",
      ],
      swiftSettings: settings),
    // Asks libpq itself how it reads connection strings.
    .testTarget(
      name: "LibPQTests", dependencies: ["TestSupport", "CReplicationLibPQ", "PGWire"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "PGOutputTests",
      dependencies: [
        "CAllocationCounter", "CDCTime", "PGOutput", "PGOutputTestSupport", "PGWire",
        "ReplicationTestKit", "TestSupport",
      ],
      swiftSettings: settings),
    // The recorded streams are also read as pgcdc reads them.
    .testTarget(
      name: "ChangeFormatsTests",
      dependencies: [
        "TestSupport",
        "CDCTime", "ChangeFormats", "PGOutput", "PGOutputTestSupport", "PGWire", "ReplicationCore",
        "ReplicationTestKit", "pgcdc",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ChangeSinksTests",
      dependencies: [
        .target(name: "CReplicationZlib", condition: .when(traits: ["Compression"])),
        "ChangeCompression", "ChangeFormats", "ChangeSinks", "PGOutput", "PGWire",
        "ReplicationCore", "ReplicationTestKit",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "PgcdcTests",
      dependencies: [
        "TestSupport",
        "CDCTime", "ChangeFormats", "ChangeSinks", "PGOutput", "PGOutputTestSupport", "PGWire",
        "PgcdcArguments", "ReplicationCore",
        "ReplicationTestKit", "pgcdc",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ReplicationCoreTests",
      dependencies: [
        "TestSupport",
        "CDCTime", "PGOutput", "PGOutputTestSupport", "PGWire", "ReplicationCore",
        "ReplicationTestKit", .product(name: "Logging", package: "swift-log"),
        .product(
          name: "ServiceLifecycle", package: "swift-service-lifecycle",
          condition: .when(traits: ["ServiceLifecycle"])),
        .product(
          name: "MetricsTestKit", package: "swift-metrics",
          condition: .when(traits: ["Metrics"])),
        .product(
          name: "Tracing", package: "swift-distributed-tracing",
          condition: .when(traits: ["DistributedTracing"])),
        .product(
          name: "InMemoryTracing", package: "swift-distributed-tracing",
          condition: .when(traits: ["DistributedTracing"])),
        .product(
          name: "Configuration", package: "swift-configuration",
          condition: .when(traits: ["Configuration"])),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ReplicationTestKitTests",
      dependencies: [
        "CDCTime", "PGOutput", "PGWire", "ReplicationCore", "ReplicationTestKit", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    // The Swift code of the README and the articles.
    .testTarget(
      name: "ReadmeTests",
      dependencies: [
        "CDCTime", "ChangeFormats", "ChangeSinks", "PGOutput", "PGWire", "ReplicationCore",
        "ReplicationTestKit",
        .product(name: "Logging", package: "swift-log"),
        .product(
          name: "Tracing", package: "swift-distributed-tracing",
          condition: .when(traits: ["DistributedTracing"])),
        .product(
          name: "Configuration", package: "swift-configuration",
          condition: .when(traits: ["Configuration"])),
      ],
      swiftSettings: settings),
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    .testTarget(
      name: "AllocationTests",
      dependencies: [
        "CAllocationCounter", "CDCTime", "ChangeFormats", "PGOutput", "PGOutputTestSupport",
        "PGWire", "ReplicationCore", "ReplicationTestKit", "TestSupport",
      ],
      swiftSettings: settings),
    // A process of its own, in which nothing but streams opens descriptors and threads.
    .executableTarget(
      name: "stream-cycles",
      dependencies: [
        "PGWire", "ReplicationCore", "ReplicationTestKit",
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/StreamCycles", swiftSettings: settings),
    .testTarget(
      name: "LeakTests", dependencies: ["CAllocationCounter", "stream-cycles"],
      swiftSettings: settings),
    // Needs servers, which Scripts/test starts, and pgcdc, which it runs.
    .testTarget(
      name: "IntegrationTests",
      dependencies: [
        "TestSupport",
        "CDCTime", "CReplicationSystem", "PGOutput", "PGWire", "ReplicationCore",
        "ReplicationTestKit",
        "pgcdc",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    // What the fuzzers in Fuzz do, with the inputs that they have found.
    .testTarget(
      name: "FuzzCaseTests",
      dependencies: [
        "CDCTime", "ChangeFormats", "PGOutput", "PGOutputTestSupport", "PGWire", "ReplicationCore",
        "ReplicationTestKit", "TestSupport",
      ],
      path: "Fuzz", exclude: ["Package.swift", "run", "seeds"], sources: ["Sources", "Cases"],
      swiftSettings: settings),
  ]
)
