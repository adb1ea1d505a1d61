import ChangeSinks
import PGWire
import Testing

@testable import RedisSink

/// The texts are those of Redis 6.2 and 7.0 and of Valkey 9.1.
@Suite struct RedisErrorReplyTests {
  @Test(arguments: [
    "LOADING Redis is loading the dataset in memory",
    "READONLY You can't write against a read only replica.",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
    "ERR max number of clients reached",
    "READONLY You can't write against a read only replica. script: 88, on @user_script:4.",
    "ERR Error running script (call to f_88): @user_script:4: @user_script: 4: -READONLY You can't "
      + "write against a read only replica.",
  ])
  func `what passes is tried again`(text: String) {
    #expect(RedisErrorReply(text).category == .transient)
  }

  @Test(arguments: [
    ("OOM command not allowed when used memory > 'maxmemory'.", "OOM"),
    ("MISCONF Redis is configured to save RDB snapshots", "MISCONF"),
    ("NOAUTH Authentication required.", "NOAUTH"),
    ("WRONGPASS invalid username-password pair or user is disabled.", "WRONGPASS"),
    ("NOPERM this user has no permissions to access one of the keys used as arguments", "NOPERM"),
    ("WRONGTYPE Operation against a key holding the wrong kind of value", "WRONGTYPE"),
    ("MOVED 3999 127.0.0.1:6381", "MOVED"),
    ("ERR DB index is out of range", "ERR"),
    ("ERR Error running script (call to f_88): @user_script:4: -OOM command not allowed", "OOM"),
  ])
  func `the others need an operator`(text: String, code: String) {
    let reply = RedisErrorReply(text)
    #expect(reply.category == .needsOperator)
    #expect(reply.code == code)
    let error = reply.error(of: "Redis at cache:6379", "writing a batch")
    #expect(error.reason.hasPrefix("writing a batch: "))
    #expect(error.reason.contains(text))
  }
}
