// Loaded into every service in front of its own code (`node --import`): when the stack's process is gone, even by
// kill -9, the pipe it holds closes, and the service drains and ends instead of living on as an orphan.

const LAST_CALL_MS = 5_000;

process.stdin.resume();
process.stdin.once('close', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), LAST_CALL_MS).unref();
});
// A pipe is a socket to Node: it must not keep a service alive that has drained.
if ('unref' in process.stdin) process.stdin.unref();

export {};
