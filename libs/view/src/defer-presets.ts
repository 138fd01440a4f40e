import { clockWords, type Reader } from './time-words.js';

export interface DeferPreset {
  readonly id: 'soon' | 'hour' | 'later' | 'tomorrow';
  readonly label: string;
  /** `17:00 CET`. */
  readonly clock: string;
  readonly until: string;
}

const MINUTE_MS = 60_000;
const MORNING_HOUR = 9;

/** For how long a request can be put off by one press: never until it is due. The morning is the reader's own. */
export function deferPresets(now: Date, dueAt: string, reader: Reader = {}): DeferPreset[] {
  const after = (minutes: number): Date => new Date(now.getTime() + minutes * MINUTE_MS);
  const all = [
    { id: 'soon', label: 'I am on it: half an hour', at: after(30) },
    { id: 'hour', label: 'In an hour', at: after(60) },
    { id: 'later', label: 'In three hours', at: after(180) },
    { id: 'tomorrow', label: 'Tomorrow morning', at: nextMorning(now, reader) },
  ] as const;
  return all.filter(({ at }) => at.getTime() < Date.parse(dueAt)).map(({ id, label, at }) => ({ id, label, clock: clockWords(at.toISOString(), now, reader), until: at.toISOString() }));
}

/** Nine o'clock of the day after, on the reader's clock. Found by trying: zones change their offset in between. */
function nextMorning(now: Date, { timeZone }: Reader): Date {
  const parts = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', day: '2-digit', hourCycle: 'h23', timeZone });
  const read = (at: Date) => Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const today = read(now)['day'];
  for (let at = new Date(Math.ceil(now.getTime() / (15 * MINUTE_MS)) * 15 * MINUTE_MS); ; at = new Date(at.getTime() + 15 * MINUTE_MS)) {
    const { day, hour, minute } = read(at);
    if (day !== today && hour === MORNING_HOUR && minute === 0) return at;
  }
}
