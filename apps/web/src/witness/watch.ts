import { isNews, visit, type ShownBy } from '@countersign/audit/web';
import type { ApprovalDetail, Me, TeamDetail } from '@countersign/contracts';
import type { QueryClient } from '@tanstack/react-query';
import { wasSaved } from '../api/http.js';
import { keys } from '../api/queries.js';
import { SAVED_CACHE } from '../saved-answers.js';
import { logOf } from './log.js';
import { putAside, rememberAsked, type Remembered } from './memories.js';
import { recall, show } from './state.js';

interface Shown {
  readonly teamId: string;
  readonly teamName: string;
  readonly head: string | null;
  readonly by: ShownBy;
}

/** Nothing is written or signed yet; or the server is away, or nobody is signed in, and that is said already. */
const NOT_TOLD: ReadonlySet<string> = new Set(['no_entries', 'no_checkpoint', 'unreachable', 'signed_out']);
const TRY_AGAIN_MS = 5_000;
/** How this module's tabs tell each other that something was remembered. */
const CHANNEL = 'countersign-witness';

/**
 * Watches what the server shows of the records of a person's teams, for as long as they are signed in.
 *
 * Each team's record has to continue what this browser remembers: once at the start, then whenever a page shows a newer head, or none
 * any more, or a push has brought one. Returns how to stop.
 */
export function startWitness(client: QueryClient, personId: string): () => void {
  const witness = new Witness(personId, () => void client.invalidateQueries({ queryKey: keys.me }));
  const others = new BroadcastChannel(CHANNEL);
  const tell = (): void => others.postMessage('look');
  const look = (shown: readonly Shown[], demand: boolean): void => void witness.look(shown, demand, tell).catch(failed);
  others.onmessage = () => void witness.recall().catch(failed);
  const rung = ({ data }: MessageEvent<{ type?: unknown } | undefined>): void => {
    if (data?.type === 'push') look(witness.teams(), true);
  };
  navigator.serviceWorker?.addEventListener('message', rung);
  const stop = client.getQueryCache().subscribe((event) => {
    if (event.type === 'updated' && event.action.type === 'success') look(shownIn(event.query.queryKey, event.query.state.data), false);
  });
  for (const query of client.getQueryCache().getAll()) look(shownIn(query.queryKey, query.state.data), false);
  return () => {
    stop();
    others.close();
    navigator.serviceWorker?.removeEventListener('message', rung);
  };
}

/** It knows no Ed25519, with which heads are signed. */
const isOld = (error: unknown): boolean => error instanceof DOMException && error.name === 'NotSupportedError';
const failed = (error: unknown): void => console.warn('a record could not be checked', error);

/** Whatever else a server puts there is a head that nobody signed. */
const headOf = (head: unknown): string | null => (head === null || head === undefined ? null : String(head));

const shownAt = (path: string, teamId: string, teamName: string, head: unknown): Shown => ({ teamId, teamName, head: headOf(head), by: wasSaved(path) ? 'saved' : 'page' });

/** The heads that an answer of the server carries. */
function shownIn([what, , ...more]: readonly unknown[], data: unknown): readonly Shown[] {
  if (data === undefined || data === null || more.length > 0) return []; // what is read beside a team or an approval carries none
  if (what === 'me') return (data as Me).teams.map(({ id, name, head }) => shownAt('/v1/me', id, name, head));
  if (what === 'team') return [data as TeamDetail].map(({ id, name, head }) => shownAt(`/v1/teams/${id}`, id, name, head));
  if (what === 'approval') return [data as ApprovalDetail].map(({ id, teamId, teamName, head }) => shownAt(`/v1/approvals/${id}`, teamId, teamName, head));
  return [];
}

class Witness {
  private known = new Map<string, Remembered>();
  private readonly visited = new Set<string>();
  /** Teams whose record could not be checked, why, and when that was tried. */
  private readonly open = new Map<string, { readonly why: string; readonly triedAt: number }>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly personId: string,
    /** Asks the server anew who is signed in. */
    private readonly askWhoIsHere: () => void,
  ) {}

  teams = (): readonly Shown[] => [...this.known.values()].map(({ teamId, teamName }) => ({ teamId, teamName, head: null, by: 'push' }));

  /** One team after the other: a proof is work for the server. */
  look(shown: readonly Shown[], demand: boolean, tell: () => void): Promise<unknown> {
    const turn = this.turn.then(async () => {
      if (shown.length > 0 && this.visited.size === 0) await this.recall();
      for (const one of shown) if (demand || this.isDue(one)) await this.visit(one, tell);
    });
    this.turn = turn.catch(() => undefined); // whoever asked hears of it; the next one has a turn of its own
    return turn;
  }

  async recall(): Promise<void> {
    for (const one of await recall(this.personId)) this.known.set(one.teamId, one);
  }

  private isDue({ teamId, head, by }: Shown): boolean {
    const open = this.open.get(teamId);
    if (open !== undefined) return performance.now() - open.triedAt > TRY_AGAIN_MS;
    return !this.visited.has(teamId) || ((head !== null || by === 'page') && isNews(this.known.get(teamId)?.memory, head));
  }

  private async visit({ teamId, teamName, head, by }: Shown, tell: () => void): Promise<void> {
    this.visited.add(teamId);
    let why: string | undefined;
    const before = this.known.get(teamId);
    try {
      const after = await rememberAsked({ personId: this.personId, teamId }, async (stored = { personId: this.personId, teamId, teamName, memory: undefined, past: [] }) => {
        const { memory, unchecked } = await visit(stored.memory, head === null ? [] : [head], logOf(teamId, by === 'page'), new Date(), by);
        why = unchecked;
        return { ...stored, teamName, memory };
      });
      this.known.set(teamId, after);
      if (after.memory?.alarm && !before?.memory?.alarm) tell();
    } catch (error) {
      why = isOld(error) ? 'browser_too_old' : 'check_failed';
      failed(error);
    }
    if (why === undefined) this.open.delete(teamId);
    else this.open.set(teamId, { why, triedAt: performance.now() });
    if (why === 'not_let_in') this.askWhoIsHere(); // a session that is over ends the watch; one that is not makes this the server's word against its own
    this.publish();
  }

  private publish(): void {
    show({ remembered: [...this.known.values()], unchecked: [...this.open.values()].find(({ why }) => !NOT_TOLD.has(why))?.why });
  }
}

/** Goes on from the record as it is now; the page is read anew, so that what is pinned is what is shown. */
export async function trustAnew(alarm: Remembered): Promise<void> {
  await putAside(alarm);
  await caches.delete(SAVED_CACHE); // what is kept shows the record as it was before
  new BroadcastChannel(CHANNEL).postMessage('look');
  location.reload();
}
