import type { Activity, Evidence, Launched, LaunchState, PresenceTerms, RunState } from '@countersign/contracts';

/** A supervisor beats twice a second; a lease lasts ten times as long. */
const BEAT_MS = 5_000;

/** What rows say of that agent of a member that shows the most life. Nothing is inferred from a process number, or from how old a message is. */
export interface LivenessFacts {
  readonly nowMs: number;
  readonly terms: PresenceTerms;
  readonly memberState: 'active' | 'suspended' | 'removed';
  readonly run: {
    readonly state: RunState;
    readonly queuedAtMs: number;
    readonly startedAtMs: number | null;
    /** Written by the supervisor that holds the run's lease, and by nobody else. */
    readonly heartbeatAtMs: number | null;
    readonly endedAtMs: number | null;
    /** The worker has said or used something: it has come up. */
    readonly spoke: boolean;
    /** The gate waits for a person before its agent may start, or a call of it may happen. */
    readonly waitsForPerson: boolean;
  } | null;
  /** The member said yes to a shutdown. */
  readonly shutDownAtMs: number | null;
}
export interface Liveness {
  readonly activity: Activity;
  readonly evidence: Evidence;
  readonly launch: LaunchState;
  readonly heardAtMs: number | null;
}

export function livenessOf(facts: LivenessFacts): Liveness {
  const evidence = evidenceOf(facts);
  const heardAtMs = lastHeard(facts);
  return { evidence, heardAtMs, launch: launchOf(facts, evidence), activity: activityOf(facts, evidence, heardAtMs) };
}

function evidenceOf({ nowMs, run }: LivenessFacts): Evidence {
  if (run === null || run.endedAtMs !== null) return 'not_found';
  if (run.waitsForPerson) return 'permission_blocked';
  if (run.state === 'queued' || run.heartbeatAtMs === null) return 'registered_only';
  if (nowMs - run.heartbeatAtMs > BEAT_MS) return 'stale_metadata';
  return run.spoke ? 'confirmed_bootstrap' : 'runtime_process';
}

function lastHeard({ run, shutDownAtMs }: LivenessFacts): number | null {
  const times = [run?.startedAtMs, run?.heartbeatAtMs, run?.endedAtMs, shutDownAtMs].filter((ms) => ms !== null && ms !== undefined);
  return times.length === 0 ? null : Math.max(...times);
}

/** A yes to a shutdown is believed once nothing of it runs; an agent that began after it is there again. */
function activityOf({ nowMs, terms, memberState, run, shutDownAtMs }: LivenessFacts, evidence: Evidence, heardAtMs: number | null): Activity {
  if (memberState === 'removed') return 'terminated';
  if (isAlive(evidence)) return 'active';
  if (shutDownAtMs !== null && shutDownAtMs > (run?.queuedAtMs ?? 0)) return 'terminated';
  return heardAtMs !== null && nowMs - heardAtMs < terms.idleMinutes * 60_000 ? 'active' : 'idle';
}

/** A person who has not answered never makes a start fail. */
function launchOf({ nowMs, terms, memberState, run }: LivenessFacts, evidence: Evidence): LaunchState {
  if (memberState !== 'active') return 'skipped_for_launch';
  if (run === null) return 'not_started';
  if (evidence === 'permission_blocked') return 'runtime_pending_permission';
  if (evidence === 'confirmed_bootstrap' || run.spoke) return 'confirmed_alive';
  if (run.endedAtMs !== null) return run.state === 'submitted' ? 'confirmed_alive' : 'failed_to_start';
  if (nowMs - run.queuedAtMs > terms.startSeconds * 1_000 && evidence !== 'runtime_process') return 'failed_to_start';
  return evidence === 'runtime_process' ? 'runtime_pending_bootstrap' : 'starting';
}

/** Only these two mean that something runs. */
const isAlive = (evidence: Evidence): boolean => evidence === 'confirmed_bootstrap' || evidence === 'runtime_process';

/** How members have come up, all together: what failed is said before what is still on its way, and that before what was left out. Who has had nothing to do is no failure. */
export function launchedOf(launches: readonly LaunchState[]): Launched {
  if (launches.includes('failed_to_start')) return 'partial_failure';
  if (launches.some((launch) => launch === 'starting' || launch === 'runtime_pending_bootstrap' || launch === 'runtime_pending_permission')) return 'partial_pending';
  return launches.includes('skipped_for_launch') ? 'partial_skipped' : 'clean_success';
}
