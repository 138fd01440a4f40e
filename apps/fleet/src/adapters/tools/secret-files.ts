import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { TeamId } from '@countersign/contracts';
import { ToolProblem } from './outcomes.js';

const MAX_BYTES = 1024 * 1024;
/** Nobody but the owner: neither group nor others. */
const SHARED = 0o077;

/**
 * Secrets of teams by alias, in `<folder>/<team id>.json`: one file per team, readable by the fleet's user alone, outside every
 * sandbox. Read on each request, so that a value that was taken back is not given out again.
 */
export class SecretFiles {
  constructor(private readonly folder: string) {}

  async value(teamId: TeamId, alias: string): Promise<string> {
    const all = await this.read(teamId);
    const value = Object.hasOwn(all, alias) ? all[alias] : undefined;
    if (typeof value !== 'string' || value === '') throw new ToolProblem('secret_missing', 'there is no value for this alias');
    return value;
  }

  private async read(teamId: TeamId): Promise<Readonly<Record<string, unknown>>> {
    const file = await open(join(this.folder, `${teamId}.json`), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') throw new ToolProblem('secret_missing', 'there is no value for this alias');
      throw error;
    });
    try {
      const stat = await file.stat();
      if (!stat.isFile() || (stat.mode & SHARED) !== 0 || stat.size > MAX_BYTES) throw new ToolProblem('secrets_unsafe', "the team's secrets are not kept as they must be: an ordinary file with mode 0600");
      const all: unknown = JSON.parse(await file.readFile('utf8'));
      return typeof all === 'object' && all !== null ? (all as Readonly<Record<string, unknown>>) : {};
    } catch (error) {
      if (error instanceof SyntaxError) throw new ToolProblem('secrets_unsafe', "the team's secrets are no JSON");
      throw error;
    } finally {
      await file.close();
    }
  }
}
