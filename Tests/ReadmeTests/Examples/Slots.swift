import ReplicationCore

func prepare(_ client: Client, resumingFrom checkpoint: Checkpoint) async throws {
  try await client.ensurePublication(
    PublicationDefinition("p", tables: [PublicationTable("orders")]))
  try await client.ensureSlot(SlotOptions(failover: true)) { wait in print(wait) }
  let proof = try await client.checkResume(checkpoint)
  if !proof.isComplete { print("not to be gone on with: \(proof)") }
}
