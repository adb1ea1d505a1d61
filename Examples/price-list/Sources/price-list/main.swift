try await runPriceList()
