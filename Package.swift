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
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
  ],
  targets: [
    .target(name: "CDCTime", swiftSettings: settings),
    .systemLibrary(
      name: "COpenSSL", pkgConfig: "openssl",
      providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
    .target(name: "PGWire", dependencies: ["CDCTime", "COpenSSL"], swiftSettings: settings),
    .systemLibrary(
      name: "CLibPQ", pkgConfig: "libpq",
      providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
    .target(name: "PGOutput", dependencies: ["CDCTime", "PGWire"], swiftSettings: settings),
    .target(
      name: "ReplicationCore",
      dependencies: [
        "CDCTime", "PGWire", "PGOutput", "CLibPQ", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    .target(
      name: "ReplicationTestKit",
      dependencies: ["CDCTime", "PGWire", "PGOutput", "ReplicationCore"], swiftSettings: settings),

    .testTarget(name: "CDCTimeTests", dependencies: ["CDCTime"], swiftSettings: settings),
    .testTarget(
      name: "PGWireTests", dependencies: ["CDCTime", "PGWire", "ReplicationTestKit"],
      swiftSettings: settings),
    .testTarget(
      name: "ReplicationTestKitTests", dependencies: ["CDCTime", "PGWire", "ReplicationTestKit"],
      swiftSettings: settings),
  ]
)
