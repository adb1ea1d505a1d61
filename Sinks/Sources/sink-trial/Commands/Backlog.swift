import ArgumentParser
import PGWire

struct Backlog: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make the table that is measured with, or commit rows of it for a slot to deliver.",
    discussion: """
      Rows of eight columns, about 240 bytes each. Without --rows it makes the table and the \
      publication sink_bench.
      """)

  @OptionGroup var source: SourceArguments

  @Option(help: "How many rows to insert.")
  var rows = 0

  @Option(help: "How many rows a transaction has.")
  var transaction = 100

  func run() async throws {
    let connection = try await source.connect()
    defer { connection.close() }
    guard rows > 0 else {
      _ = try await connection.query(Self.schema)
      return
    }
    // A procedure, so that there is no answer to wait for between two transactions.
    _ = try await connection.query(
      "CALL fill_bench(\(rows), \(transaction))", answerTimeout: nil)
  }

  private static let schema = """
    CREATE TABLE bench (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int, b bigint, c text, d text,
      e timestamptz, f boolean, g numeric);
    CREATE PUBLICATION sink_bench FOR TABLE bench;
    CREATE PROCEDURE fill_bench(rows bigint, size bigint) LANGUAGE plpgsql AS $$
    BEGIN
      FOR n IN 1..(rows / size) LOOP
        INSERT INTO bench (a, b, c, d, e, f, g)
          SELECT i, i * 1000000007, repeat(md5(i::text), 3), md5(n::text), clock_timestamp(),
            i % 2 = 0, i / 7.0 FROM generate_series(1, size) i;
        COMMIT;
      END LOOP;
    END $$;
    """
}
