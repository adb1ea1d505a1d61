import Foundation
import Synchronization
import TestSupport

/// A program that runs beside the tests, its output in files.
///
/// Foundation's `Process` is of no use here: on Linux it waits until nobody has its descriptors any
/// more, and a server that the program has started inherits them.
final class ChildProcess: Sendable {
  let id: pid_t
  private let command: String
  private let folder: URL
  private let ended: Mutex<(status: Int32?, waiters: [CheckedContinuation<Int32, Never>])>

  /// How it ended, and what it wrote.
  struct Outcome: Sendable {
    /// The exit status; minus the signal's number if a signal has killed it.
    let status: Int32
    let output: String
    let errors: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  /// Starts it with nothing on its standard input.
  ///
  /// - Parameters:
  ///   - output: The file that standard output is appended to, if not one of its own.
  ///   - hasTerminal: Whether it may use the terminal of the tests. One that asks for a password there
  ///     would stop the tests; without a terminal it is refused. It does not end with the tests then.
  init(
    _ program: String, _ arguments: [String], environment: [String: String], output: String? = nil,
    hasTerminal: Bool = true
  ) throws {
    command = ([program] + arguments).joined(separator: " ")
    folder = FileManager.default.temporaryDirectory.appending(path: "it-\(UUID().uuidString)")
    ended = Mutex((nil, []))
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let files = [output ?? Self.output(in: folder), Self.errors(in: folder)]
    // The shell opens the files and then becomes the program.
    let script = #"out=$1 err=$2; shift 2; exec "$@" </dev/null >>"$out" 2>"$err""#
    id = try Self.spawn(
      ["/bin/sh", "-c", script, "sh"] + files + [program] + arguments, environment,
      hasTerminal ? 0 : Self.newSession)
    Thread.detachNewThread { [id] in
      var status: Int32 = 0
      while unsafe waitpid(id, &status, 0) < 0, errno == EINTR {}
      self.finish(status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F))
    }
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  /// Sends it a signal, unless it has ended.
  func send(_ signal: Int32) {
    ended.withLock { ended in
      // The number may be another's once the process has been waited for.
      if ended.status == nil { kill(id, signal) }
    }
  }

  /// Waits for its end; one that does not come in time is a failure, and brought about.
  func outcome(within limit: Duration = .seconds(300)) async throws -> Outcome {
    let timer = Task {
      let end = PoolClock.now + limit
      while PoolClock.now < end { try await Task.sleep(for: .milliseconds(50)) }
      send(SIGKILL)
      return TookTooLong(what: "\(command) ends; it said: \(errors)", limit: limit)
    }
    let status = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let status = ended.withLock { ended -> Int32? in
          if ended.status == nil { ended.waiters.append(continuation) }
          return ended.status
        }
        if let status { continuation.resume(returning: status) }
      }
    } onCancel: {
      send(SIGKILL)
    }
    timer.cancel()
    if let tookTooLong = try? await timer.value { throw tookTooLong }
    return Outcome(status: status, output: output, errors: errors)
  }

  /// What it has written so far.
  var output: String { Self.contents(Self.output(in: folder)) }
  /// What it has said so far.
  var errors: String { Self.contents(Self.errors(in: folder)) }
  /// How many bytes it has written so far.
  var outputCount: Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: Self.output(in: folder))
    return (attributes?[.size] as? NSNumber)?.intValue ?? 0
  }

  private func finish(_ status: Int32) {
    let waiters = ended.withLock { ended in
      ended.status = status
      defer { ended.waiters = [] }
      return ended.waiters
    }
    for waiter in waiters { waiter.resume(returning: status) }
  }

  private static func output(in folder: URL) -> String { folder.appending(path: "output").path }
  private static func errors(in folder: URL) -> String { folder.appending(path: "errors").path }

  private static func contents(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }

  /// `POSIX_SPAWN_SETSID`, which Glibc's headers do not show to Swift.
  #if canImport(Darwin)
    private static let newSession: Int32 = 0x400
  #else
    private static let newSession: Int32 = 0x80
  #endif

  private static func spawn(
    _ arguments: [String], _ environment: [String: String], _ flags: Int32
  ) throws -> pid_t {
    var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
    var variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer { unsafe (words + variables).forEach { unsafe free($0) } }
    #if canImport(Darwin)
      var attributes: posix_spawnattr_t?
    #else
      var attributes = posix_spawnattr_t()
    #endif
    // The threads of the tests block signals, which a program would inherit.
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(flags))
    var id: pid_t = 0
    let result = unsafe posix_spawn(&id, arguments[0], nil, &attributes, &words, &variables)
    guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: result) ?? .EINVAL) }
    return id
  }
}
