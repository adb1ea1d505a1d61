// swift-tools-version: 6.3
import PackageDescription

// A small connector whose tests need no server: they use ReplicationTestKit alone.

let settings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
  name: "price-list",
  platforms: [.macOS(.v26)],
  dependencies: [
    .package(name: "swift-postgres-replication", path: "../..")
  ],
  targets: [
    .target(
      name: "PriceList",
      dependencies: [
        .product(name: "PGOutput", package: "swift-postgres-replication"),
        .product(name: "ReplicationCore", package: "swift-postgres-replication"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "price-list",
      dependencies: [
        "PriceList",
        .product(name: "ReplicationCore", package: "swift-postgres-replication"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "PriceListTests",
      dependencies: [
        "PriceList",
        .product(name: "PGOutput", package: "swift-postgres-replication"),
        .product(name: "ReplicationCore", package: "swift-postgres-replication"),
        .product(name: "ReplicationTestKit", package: "swift-postgres-replication"),
      ],
      swiftSettings: settings),
  ]
)
