import type { EventType, GoalDetail } from '@countersign/contracts';
import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { keys } from './queries.js';

const TYPES: readonly (EventType | 'resync')[] = ['goal.changed', 'task.changed', 'approval.changed', 'team.changed', 'member.progress', 'member.logged', 'instance.event', 'helpdesk.message', 'budget.changed', 'alert.raised', 'resync'];
interface LiveEvent {
  readonly type: EventType | 'resync';
  readonly data: { readonly teamId?: string; readonly taskId?: string; readonly goalId?: string; readonly memberId?: string; readonly text?: string };
}
export type LiveState = 'connecting' | 'live' | 'away';
type Told = { readonly event: LiveEvent } | { readonly state: LiveState };
/** What tabs say to each other: what the holder has heard, or a newcomer's question how it stands. */
type Said = Told | 'how does it stand?';

/** Several events in a row lead to one look. */
const GATHER_MS = 200;
const COME_BACK_MS = 5_000;

let state: LiveState = 'connecting';
const listeners = new Set<() => void>();
const become = (next: LiveState): void => {
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
};

export const useLiveState = (): LiveState =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );

/**
 * Keeps what is on the screen fresh from the server's stream of events. One tab of this browser holds the stream (a
 * browser has six connections per host) and tells the others. Returns how to stop.
 */
export function startLive(client: QueryClient): () => void {
  const ended = new AbortController();
  const others = new BroadcastChannel('countersign-live');
  const gatherer = gather(client);
  const hear = (told: Told): void => {
    become('event' in told ? 'live' : told.state); // whoever hears an event is connected
    if ('event' in told) gatherer(told.event);
  };
  const post = (said: Said): void => others.postMessage(said);
  const tell = (told: Told): void => {
    hear(told);
    post(told);
  };
  let holding = false;
  others.onmessage = ({ data }: MessageEvent<Said>) => {
    if (data !== 'how does it stand?') hear(data);
    else if (holding) post({ state });
  };
  post('how does it stand?');
  /** A session that is over is asked about once: then nobody is here, and this stops. */
  const refused = (): void => void client.invalidateQueries({ queryKey: keys.me });
  void navigator.locks
    .request('countersign-live', { signal: ended.signal }, () => {
      holding = true;
      return hold(tell, refused, ended.signal);
    })
    .catch((error: unknown) => {
      if (!ended.signal.aborted) throw error;
    });
  ended.signal.addEventListener('abort', () => others.close());
  return () => ended.abort();
}

/** Holds the stream until the tab goes or the person signs out. `refused`: the server gave no stream; why, whoever asks who is here learns. */
function hold(tell: (told: Told) => void, refused: () => void, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let source: EventSource;
    let later: ReturnType<typeof setTimeout> | undefined;
    let opened = false;
    const connect = (): void => {
      source = new EventSource('/v1/events');
      source.onopen = () => {
        tell({ state: 'live' });
        if (opened) tell({ event: { type: 'resync', data: {} } }); // a new stream does not know what this tab has missed
      };
      source.onerror = () => {
        tell({ state: 'away' });
        if (source.readyState !== EventSource.CLOSED) return; // it comes back by itself, and says what it heard last
        refused();
        opened = true;
        later = setTimeout(connect, COME_BACK_MS);
      };
      for (const type of TYPES) source.addEventListener(type, ({ data }: MessageEvent<string>) => tell({ event: { type, data: JSON.parse(data) as LiveEvent['data'] } }));
    };
    connect();
    ended.addEventListener('abort', () => {
      clearTimeout(later);
      source.close();
      resolve();
    });
  });
}

function gather(client: QueryClient): (event: LiveEvent) => void {
  let stale = new Map<string, readonly unknown[]>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    const all = [...stale.values()];
    stale = new Map();
    timer = undefined;
    for (const queryKey of all) void client.invalidateQueries({ queryKey });
  };
  return (event) => {
    if (event.type === 'member.progress') return showProgress(client, event.data);
    for (const key of staleAfter(event)) stale.set(JSON.stringify(key), key);
    timer ??= setTimeout(flush, GATHER_MS);
  };
}

/** What is to be read again after an event. */
function staleAfter({ type, data: { teamId = '', memberId = '' } }: LiveEvent): (readonly unknown[])[] {
  const decisions = [keys.approvals, ['approval']];
  switch (type) {
    case 'task.changed':
      return [keys.goals(teamId), keys.board(teamId)];
    case 'goal.changed':
    case 'alert.raised':
    case 'approval.changed':
      return [...decisions, keys.goals(teamId), keys.team(teamId), keys.board(teamId)];
    case 'team.changed':
      return [...decisions, keys.me, keys.team(teamId), keys.goals(teamId), keys.board(teamId), keys.helpdesk(teamId), keys.agents];
    case 'budget.changed':
    case 'instance.event':
      return [keys.team(teamId), keys.goals(teamId), keys.agents];
    case 'member.logged':
      return [[...keys.members(teamId), memberId]];
    case 'helpdesk.message':
      return [keys.helpdesk(teamId)];
    default:
      return [...decisions, keys.me, keys.agents, ['team'], ['goal'], ['board'], ['helpdesk']];
  }
}

/** Progress carries its words, so they are shown at once. */
function showProgress(client: QueryClient, { teamId = '', taskId, text = '' }: LiveEvent['data']): void {
  client.setQueriesData<GoalDetail>({ queryKey: keys.goals(teamId) }, (goal) =>
    goal && { ...goal, tasks: goal.tasks.map((task) => (task.id === taskId ? { ...task, progress: text } : task)) },
  );
}
