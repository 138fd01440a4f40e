import { DEFAULT_WATCH, type AlertKind, type AlertStop, type WatchPolicy } from '@countersign/contracts';

/** What was found about an agent, as the rows say. */
export interface Restless {
  readonly kind: AlertKind;
  readonly goalId: string | null;
  readonly approvalId: string | null;
  readonly agentId: string;
  /** Questions, or noes and expiries; 1 of a report. */
  readonly counted: number;
}
export interface Alarm extends Restless {
  readonly stops: AlertStop;
  /** The time in which they were counted. */
  readonly minutes: number;
  /** So long nobody is rung about the goal. */
  readonly muteMs: number;
}

export const watchOf = (policy: WatchPolicy | undefined): WatchPolicy => policy ?? DEFAULT_WATCH;

/** What follows from it: a report stops what the policy says and silences the goal; an agent that wears people out is paused. */
export function alarm(found: Restless, { asks, refusals, report }: WatchPolicy): Alarm {
  switch (found.kind) {
    case 'reported':
      return { ...found, stops: report.stops, minutes: 0, muteMs: report.muteMinutes * 60_000 };
    case 'asks_too_often':
      return { ...found, stops: 'agent', minutes: asks.minutes, muteMs: 0 };
    case 'refused_too_often':
      return { ...found, stops: 'agent', minutes: refusals.minutes, muteMs: 0 };
  }
}
