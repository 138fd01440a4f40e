import type { Activity, Evidence, LaunchState, MemberLive, MemberMessageView, MemberSample, ReceiptState, ShutdownState } from '@countersign/contracts';
import { status, type Status } from './status.js';

export const activityStatus: Readonly<Record<Activity, Status>> = { active: status('working', 'Active'), idle: status('idle', 'Idle'), terminated: status('stopped', 'Ended') };

const LAUNCHES: Readonly<Record<LaunchState, string>> = {
  starting: 'its agent is being started',
  runtime_pending_bootstrap: 'its agent runs and has not said anything yet',
  runtime_pending_permission: 'its agent waits for a person’s yes',
  confirmed_alive: '',
  failed_to_start: 'its last agent did not start',
  skipped_for_launch: 'it is not given work',
  not_started: 'it has had nothing to do yet',
};
const EVIDENCES: Readonly<Record<Evidence, string>> = {
  confirmed_bootstrap: 'its agent is at work',
  runtime_process: 'its process runs',
  permission_blocked: 'waits for a person',
  registered_only: 'is registered, nothing runs',
  stale_metadata: 'its supervisor has gone quiet',
  not_found: 'nothing runs',
};

/** What is known of a member, in a sentence. */
export function memberWords({ launch, evidence }: Pick<MemberLive, 'launch' | 'evidence'>): string {
  const words = LAUNCHES[launch] || EVIDENCES[evidence];
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** How a request to a member that it ends stands, in words. */
export const SHUTDOWN_WORDS: Readonly<Record<ShutdownState, string>> = {
  asked: 'asked to end, and not told yet',
  told: 'asked to end; it has not answered yet',
  agreed: 'agreed to end',
  refused: 'said no to its end',
  overdue: 'was asked to end, and has not answered in time',
};

const STEPS: readonly ReceiptState[] = ['accepted', 'delivered', 'read', 'answered'];
const STEP_WORDS: Readonly<Record<ReceiptState, string>> = { accepted: 'waits', delivered: 'delivered', read: 'read', answered: 'answered to the manager' };

/** How far a message has come: of one member the step, of several how many have come how far. */
export function receiptWords({ receipts }: Pick<MemberMessageView, 'receipts'>): string {
  const [only, ...others] = receipts;
  if (only && others.length === 0) return STEP_WORDS[only.state];
  const reached = (step: ReceiptState): number => receipts.filter(({ state }) => STEPS.indexOf(state) >= STEPS.indexOf(step)).length;
  return `delivered to ${reached('delivered')} of ${receipts.length}, read by ${reached('read')}, answered by ${reached('answered')}`;
}

/** A line through figures over a box of 100 by 20, the newest at the right; empty where there are fewer than two. */
export function sparkPath(figures: readonly number[]): string {
  if (figures.length < 2) return '';
  const most = Math.max(...figures, 1);
  return figures.map((figure, index) => `${index === 0 ? 'M' : 'L'}${Math.round((index * 1000) / (figures.length - 1)) / 10} ${Math.round((20 - (figure / most) * 20) * 10) / 10}`).join('');
}

export const memoryWords = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;
export const processorWords = ({ cpuThousandths }: Pick<MemberSample, 'cpuThousandths'>): string => `${Math.round(cpuThousandths / 10)} %`;
