/** What a push says: a doorbell, nothing of what it is about (decisions B-7). */
export interface Push {
  readonly title: string;
  readonly body: string;
  /** Ids only; FCM wants strings. */
  readonly data: Readonly<Record<'t' | 'id' | 'v' | 'team', string>>;
  /** One push per approval: a later one replaces it on the screen. */
  readonly collapseKey: string;
  readonly ttlMs: number;
  readonly urgent: boolean;
}

export interface PushFacts {
  readonly approvalId: string;
  readonly version: number;
  readonly teamId: string;
  readonly teamName: string;
  readonly dueAt: Date;
  readonly now: Date;
}

const MAX_TITLE = 40;
const MAX_TTL_MS = 24 * 3_600_000;
const URGENT_MS = 3_600_000;

/** `Fri, 20 Nov, 14:20 UTC`: a deadline may be days away, and a phone may show the push a day later. */
function moment(at: Date): string {
  const text = at.toUTCString(); // "Fri, 20 Nov 2026 14:20:00 GMT", by the language's own specification
  return `${text.slice(0, 11)}, ${text.slice(17, 22)} UTC`;
}

/** Discreet by default: the team's name, the deadline, and what silence means. */
export function pushOf({ approvalId, version, teamId, teamName, dueAt, now }: PushFacts): Push {
  const leftMs = Math.max(0, dueAt.getTime() - now.getTime());
  const suffix = ' needs your approval';
  const name = teamName.length + suffix.length <= MAX_TITLE ? teamName : `${teamName.slice(0, MAX_TITLE - suffix.length - 1)}…`;
  return {
    title: `${name}${suffix}`,
    body: `Answer by ${moment(dueAt)}. Without an answer it expires and nothing happens.`,
    data: { t: 'approval', id: approvalId, v: String(version), team: teamId },
    collapseKey: `apr_${approvalId}`,
    ttlMs: Math.min(leftMs, MAX_TTL_MS),
    urgent: leftMs < URGENT_MS,
  };
}

const RETRIES_MS = [1_000, 4_000, 15_000, 60_000, 240_000];

/** How long to wait before the next try after `attempts` failed ones; undefined: give up, the in-app inbox still has it. */
export const nextTryMs = (attempts: number): number | undefined => RETRIES_MS[attempts - 1];
