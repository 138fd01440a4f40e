import type { Logger } from '@countersign/service';
import { watch, type FSWatcher } from 'node:fs';
import { agentNameOf, loadAgents, type LoadedAgent } from './specs.js';

const SETTLE_MS = 200;

/** The agents of a folder, read again when a file changes. A file that is refused leaves the version before it in use. */
export class AgentShelf {
  readonly agents = new Map<string, LoadedAgent>();
  private watcher: FSWatcher | undefined;
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly folder: string,
    private readonly log: Logger,
  ) {}

  static async open(folder: string, log: Logger): Promise<AgentShelf> {
    const shelf = new AgentShelf(folder, log);
    await shelf.read();
    shelf.watcher = watch(folder, () => {
      clearTimeout(shelf.timer);
      shelf.timer = setTimeout(() => shelf.read().catch((error: unknown) => log.error({ err: error }, 'agent specs could not be read again')), SETTLE_MS);
    });
    shelf.watcher.on('error', (error) => log.error({ err: error }, 'the folder of agent specs is no longer watched; a restart reads it again'));
    return shelf;
  }

  close(): void {
    clearTimeout(this.timer);
    this.watcher?.close();
  }

  private async read(): Promise<void> {
    const { agents, refused } = await loadAgents(this.folder);
    const keep = new Set([...agents.keys(), ...refused.map(({ file }) => agentNameOf(file))]);
    for (const name of this.agents.keys()) if (!keep.has(name)) this.agents.delete(name);
    for (const [name, agent] of agents) this.agents.set(name, agent);
    for (const { problems } of refused) this.log.error({ problems }, 'an agent spec was refused; the version before it stays in use');
  }
}
