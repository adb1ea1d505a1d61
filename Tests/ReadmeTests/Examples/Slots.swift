import PGWire
import ReplicationCore

func prepare(_ client: Client, resumingFrom checkpoint: Checkpoint) async throws {
  try await client.ensurePublication(
    PublicationDefinition("orders_pub", tables: [PublicationTable("orders", schema: "app")]))
  try await client.ensureSlot(SlotOptions(isFailover: true)) { wait in print(wait) }
  let proof = try await client.checkResume(checkpoint)
  if !proof.isComplete { print("the stream can't continue here: \(proof)") }
}

func startAgain(_ client: Client) async throws -> Duplex {
  try await client.takeOver(TakeOverPolicy(applicationName: "orders-connector", user: "cdc"))
  return try await client.startReplication()
}

func report(_ options: ConnectionOptions) async throws {
  let doctor = Doctor(options, slot: "orders_slot", publications: ["orders_pub"])
  for finding in try await doctor.examine().findings where finding.severity >= .warning {
    print("\(finding.subject): \(finding.what)")
    if let fix = finding.fix { print("  \(fix)") }
  }
}
