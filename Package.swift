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
  ],
  targets: [
    .target(name: "CDCTime", swiftSettings: settings),
    .systemLibrary(
      name: "COpenSSL", pkgConfig: "openssl",
      providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
    .target(name: "PGWire", dependencies: ["CDCTime", "COpenSSL"], swiftSettings: settings),
    .target(name: "PGOutput", dependencies: ["CDCTime", "PGWire"], swiftSettings: settings),
    .target(
      name: "pgcdc", dependencies: ["CDCTime", "PGOutput", "PGWire"], swiftSettings: settings),

    .testTarget(name: "CDCTimeTests", dependencies: ["CDCTime"], swiftSettings: settings),
    .target(
      name: "PGOutputTestSupport", dependencies: ["PGWire"],
      path: "Tests/PGOutputTestSupport", swiftSettings: settings),
    .testTarget(
      name: "PGOutputTests", dependencies: ["CDCTime", "PGOutput", "PGOutputTestSupport", "PGWire"],
      swiftSettings: settings),
    .testTarget(
      name: "PgcdcTests",
      dependencies: ["CDCTime", "PGOutput", "PGOutputTestSupport", "PGWire", "pgcdc"],
      swiftSettings: settings),
    .testTarget(name: "PGWireTests", dependencies: ["PGWire"], swiftSettings: settings),
  ]
)
