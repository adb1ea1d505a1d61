/// What `/metrics` says of a connector, under the names that the library's metrics have.
enum Metric: String, CaseIterable {
  case up = "pgcdc_connector_up"
  case restarts = "pgcdc_connector_restarts_total"
  case snapshotTables = "pgcdc_snapshot_tables"
  case snapshotTablesDone = "pgcdc_snapshot_tables_done"
  case snapshotRows = "pgcdc_snapshot_rows_total"
  case lagBytes = "pgrepl_lag_bytes"
  case lagSeconds = "pgrepl_lag_seconds"
  case stepLagBytes = "pgrepl_step_lag_bytes"
  case stepLagSeconds = "pgrepl_step_lag_seconds"
  case retainedBytes = "pgrepl_retained_bytes"
  case undeliveredBytes = "pgrepl_undelivered_bytes"
  case unacknowledgedBytes = "pgrepl_unacknowledged_bytes"
  case receivedBytes = "pgrepl_received_bytes_total"
  case receivedMessages = "pgrepl_received_messages_total"
  case feedback = "pgrepl_feedback_total"
  case stopped = "pgrepl_stopped_milliseconds_total"
  case bufferedBytes = "pgrepl_buffered_bytes"
  case streamedTransactions = "pgrepl_streamed_transactions"
  case spilledBytes = "pgrepl_spilled_bytes_total"
  case unacknowledgedTransactions = "pgrepl_unacknowledged_transactions"
  case unacknowledgedSeconds = "pgrepl_unacknowledged_seconds"
  case abandonedTransactions = "pgrepl_abandoned_transactions"
  case reconnects = "pgrepl_reconnects_total"

  /// Prometheus' type: what only grows until its source begins again is a counter.
  var type: String { rawValue.hasSuffix("_total") ? "counter" : "gauge" }

  /// What it is, in a line.
  var help: String {
    switch self {
    case .up: "1 while the connector has an open stream, else 0"
    case .restarts: "how often the sink was opened again after an error"
    case .snapshotTables: "tables that snapshots read, or have read"
    case .snapshotTablesDone: "those of them that are whole"
    case .snapshotRows: "rows that snapshots have delivered"
    case .lagBytes: "WAL from the acknowledged position to the server's end"
    case .lagSeconds: "age of the last transaction taken, while others wait behind it"
    case .stepLagBytes: "WAL that the stage above has and this one has not"
    case .stepLagSeconds: "how much older its position is than that of the stage above"
    case .retainedBytes: "WAL that the server keeps for the slot"
    case .undeliveredBytes: "WAL received and not taken by the sink"
    case .unacknowledgedBytes: "WAL taken by the sink and not durable yet"
    case .receivedBytes: "bytes taken from the socket of the stream that is open"
    case .receivedMessages: "messages of the plugin in the stream that is open"
    case .feedback: "reports sent to the server in the stream that is open"
    case .stopped: "time for which reading was stopped by the sink"
    case .bufferedBytes: "bytes of the budget in use"
    case .streamedTransactions: "transactions in progress of which blocks have arrived"
    case .spilledBytes: "bytes of transactions that were written to a file"
    case .unacknowledgedTransactions: "transactions taken and not durable yet"
    case .unacknowledgedSeconds: "how long ago the oldest of them was taken"
    case .abandonedTransactions: "transactions dropped without being durable"
    case .reconnects: "streams that were opened again"
    }
  }
}
