import { createService, type RunningService, type ServiceOptions } from './create-service.js';

const DRAIN_AT_MOST_MS = 15_000;

/**
 * The whole of an app's `main.ts`: starts, drains on SIGTERM and SIGINT, ends with its parent.
 *
 * With `COUNTERSIGN_PARENT_PIPE=1` stdin is a pipe held by the process manager; when it closes, the manager is gone and so
 * is this service: no orphan stays behind. A second signal, or a drain that takes too long, ends it at once.
 */
export async function startService(options: ServiceOptions): Promise<RunningService | undefined> {
  try {
    const running = await createService(options);
    endWith(running);
    return running;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  }
}

function endWith({ close, log }: RunningService): void {
  let ending = false;
  const end = (reason: string): void => {
    if (ending) process.exit(1);
    ending = true;
    log.info({ reason }, 'stopping');
    setTimeout(() => process.exit(1), DRAIN_AT_MOST_MS).unref();
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('SIGINT', () => end('SIGINT'));
  if (process.env['COUNTERSIGN_PARENT_PIPE'] === '1') process.stdin.resume().once('close', () => end('parent gone'));
  const fatal = (error: unknown): void => {
    log.fatal({ err: error }, 'unhandled');
    process.exit(1);
  };
  process.on('unhandledRejection', fatal).on('uncaughtException', fatal);
}
