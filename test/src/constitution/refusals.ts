import type { Bus } from '@countersign/bus';

/** The server says no without being asked for an answer; after the next PONG everything it had to say has been said. */
export async function refusals(bus: Pick<Bus, 'connection'>, subjects: readonly string[], act: (subject: string) => void, operation: 'publish' | 'subscription'): Promise<Set<string>> {
  const refused = new Set<string>();
  const statuses = bus.connection.status();
  const reading = (async () => {
    for await (const status of statuses) {
      const { subject, operation: of } = (status as { error?: { subject?: string; operation?: string } }).error ?? {};
      if (subject !== undefined && of === operation) refused.add(subject);
    }
  })();
  for (let from = 0; from < subjects.length; from += 50) {
    for (const subject of subjects.slice(from, from + 50)) act(subject);
    await bus.connection.flush();
  }
  await bus.connection.flush();
  (statuses as { stop?: () => void }).stop?.();
  await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, 50))]);
  return refused;
}
