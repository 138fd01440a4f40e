import { ESCALATION_TRIGGERS, escalationOf, type EscalationTerms, type EscalationTrigger, type Role, type SuspensionCause, type SuspensionTerms } from '@countersign/contracts';

/** What is measured, or what a person recorded: most are an escalation under the same name. */
export type SignalName = EscalationTrigger | 'failed_reviews' | 'noes' | 'rejections' | 'leaks' | 'scope_drifts' | 'ethics_violation';
export interface Signal {
  readonly signal: SignalName;
  /** What it is about: with the trigger it is the cause, for which nobody is asked twice. */
  readonly subject: string;
  readonly memberId: string | null;
  readonly counted: number;
  /** The newest evidence. */
  readonly at: Date;
  readonly figures: Readonly<Record<string, unknown>>;
}

/** The newest escalation of one cause. */
export interface Standing {
  readonly id: string;
  readonly trigger: EscalationTrigger;
  readonly subject: string;
  readonly open: boolean;
  /** The evidence it was raised by, and when it was resolved. */
  readonly evidenceAt: Date;
  readonly resolvedAt: Date | null;
  /** What was measured was over since. */
  readonly over: boolean;
  /** Of what is only reported, and measured by no row: when it was last, after it was resolved. */
  readonly reportedAt?: Date | null;
  readonly figures: Signal['figures'];
  readonly dueAt: Date;
  readonly overdue: boolean;
}

export interface Due {
  readonly trigger: EscalationTrigger;
  readonly subject: string;
  readonly to: Role;
  readonly counted: number;
  readonly figures: Signal['figures'];
  readonly evidenceAt: Date;
  readonly dueAt: Date;
}

const isTrigger = (name: SignalName): name is EscalationTrigger => (ESCALATION_TRIGGERS as readonly string[]).includes(name);
const MINUTE_MS = 60_000;

/** The escalation that a signal is, if it is one. */
function triggerOf({ signal, counted }: Signal, terms: EscalationTerms): EscalationTrigger | undefined {
  if (signal === 'failed_reviews') return counted >= terms.failedReviews ? 'quality_failures' : undefined;
  if (signal === 'noes') return counted >= terms.rejections ? 'rejections_repeated' : undefined;
  return isTrigger(signal) ? signal : undefined;
}

/**
 * Who has to look now, and until when. What stands open about a cause is not raised again, however much more of it there is; what
 * was resolved is raised again only by evidence that is newer than the resolution.
 */
export function escalationsDue(signals: readonly Signal[], standing: readonly Standing[], terms: EscalationTerms, now: Date): Due[] {
  const due = new Map<string, Due>();
  for (const signal of signals) {
    const trigger = triggerOf(signal, terms);
    if (trigger === undefined || isKnown(trigger, signal, standing)) continue;
    const { to } = escalationOf(trigger);
    const { subject, counted, figures, at } = signal;
    due.set(`${trigger} ${subject}`, { trigger, subject, to, counted, figures, evidenceAt: at, dueAt: new Date(now.getTime() + minutesFor(trigger, to, terms) * MINUTE_MS) });
  }
  return [...due.values()];
}

const minutesFor = (trigger: EscalationTrigger, to: Role, { triggerMinutes, slaMinutes }: EscalationTerms): number => triggerMinutes[trigger] ?? slaMinutes[to as keyof typeof slaMinutes];

/** What lasts has no newest evidence of its own: resolved, it is known until it was over once. */
function isKnown(trigger: EscalationTrigger, signal: Signal, standing: readonly Standing[]): boolean {
  return standing.filter((one) => one.trigger === trigger && one.subject === signal.subject)
    .some((one) => one.open || one.resolvedAt === null || (lasts(trigger) && !one.over && !fellFurther(trigger, signal, one)) || signal.at <= one.resolvedAt);
}

const lasts = (trigger: EscalationTrigger): boolean => escalationOf(trigger).lasts === true;
const fellFurther = (trigger: EscalationTrigger, { figures }: Signal, then: Standing): boolean => trigger === 'quality_falling' && Number(figures['passed']) < Number(then.figures['passed']);

/** What was resolved while it lasted and does not last any more: from now on it may be raised again. */
export const nowOver = (signals: readonly Signal[], standing: readonly Standing[]): Standing[] => standing.filter((one) => lasts(one.trigger) && !one.open && !one.over && !stillMeasured(signals, one));

const QUIET_MS = 10 * MINUTE_MS;
/** What is only reported is over when nobody has reported it for a while: of several gateways, one that is fast says nothing of one that is slow. */
export const afterQuiet = (standing: readonly Standing[], now: Date): Standing[] =>
  standing.map((one) => (one.resolvedAt === null ? one : { ...one, over: now.getTime() - Math.max(one.resolvedAt.getTime(), one.reportedAt?.getTime() ?? 0) >= QUIET_MS }));

/** What was resolved and is reported still. */
export const reportedStill = (signals: readonly Signal[], standing: readonly Standing[]): Standing[] => standing.filter((one) => !one.open && !one.over && stillMeasured(signals, one));

const stillMeasured = (signals: readonly Signal[], { trigger, subject }: Standing): boolean => signals.some((one) => one.signal === trigger && one.subject === subject);

/** Escalations that are over by themselves: what was measured is over. */
export function escalationsOver(signals: readonly Signal[], standing: readonly Standing[]): Standing[] {
  return standing.filter((one) => one.open && escalationOf(one.trigger).clears === true && !stillMeasured(signals, one));
}

/** Escalations whose time is over and that nobody was told so of yet. */
export const escalationsLate = (standing: readonly Standing[], now: Date): Standing[] => standing.filter(({ open, overdue, dueAt }) => open && !overdue && now >= dueAt);

export interface Suspension {
  readonly cause: SuspensionCause;
  /** Whose doing it is; null where nobody's is known. */
  readonly memberId: string | null;
  readonly counted: number;
  /** What a person wrote down of it. */
  readonly recorded?: string;
}

/** Why the team has to stop, the gravest first; undefined: it need not. An ethics flag that names no other member is the manager's. */
export function teamSuspension(signals: readonly Signal[], terms: SuspensionTerms, managerId: string | null): Suspension | undefined {
  const found = (name: SignalName, holds: (signal: Signal) => boolean, cause: SuspensionCause): Suspension[] =>
    signals.filter((signal) => signal.signal === name && holds(signal)).map(({ memberId, counted, subject }) => ({ cause, memberId: memberId ?? managerId, counted, ...(name === 'ethics_violation' ? { recorded: subject } : {}) }));
  return [
    ...found('delegation_exceeded', ({ counted }) => counted >= terms.unauthorisedExecutions, 'unauthorised_execution'),
    ...found('ethics_violation', ({ memberId }) => memberId === null || memberId === managerId, 'ethics_violation'),
    ...found('rejections', () => true, 'performance_failure'),
  ][0];
}

/** Members that have to stop while the rest of the team goes on; each for its gravest cause. The manager stops with the team alone. */
export function memberSuspensions(signals: readonly Signal[], terms: SuspensionTerms, managerId: string | null): Suspension[] {
  const least: readonly (readonly [SignalName, number, SuspensionCause])[] = [
    ['leaks', terms.leaks, 'data_leak'],
    ['ethics_violation', 1, 'ethics_violation'],
    ['scope_drifts', terms.scopeDrifts, 'scope_drift'],
    ['failed_reviews', terms.failedReviews, 'quality_failure'],
  ];
  const all = least.flatMap(([name, times, cause]) => signals.filter(({ signal, counted, memberId }) => signal === name && counted >= times && memberId !== null && memberId !== managerId).map(({ memberId, counted }) => ({ cause, memberId, counted })));
  return all.filter(({ memberId }, index) => all.findIndex((other) => other.memberId === memberId) === index);
}

/** What the customer is told: why, without a word of the work. */
export const CAUSE_WORDS: Readonly<Record<SuspensionCause, string>> = {
  unauthorised_execution: 'The team’s manager tried something that only people decide; it was refused.',
  ethics_violation: 'The platform’s vision guardian has flagged the team’s conduct.',
  performance_failure: 'More than half of what the team proposed was not approved.',
  data_leak: 'A member tried to carry something out of the team; it was refused.',
  scope_drift: 'A member kept trying what is no part of its work; it was refused.',
  quality_failure: 'A member’s work has failed its reviews too often.',
};
