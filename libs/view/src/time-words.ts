export interface DueWords {
  /** `in 42 min`, `4 min ago`. */
  readonly relative: string;
  /** `17:00 CET`, with the day when it is not today. */
  readonly clock: string;
  readonly urgency: 'over' | 'soon' | 'later';
}
/** Where the reader is; the system's own zone unless said. */
export interface Reader {
  readonly timeZone?: string | undefined;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Minutes matter up to here, and hours up to two days. */
const EXACT_MS = 6 * HOUR_MS;
/** From here on a deadline is shown as urgent. */
export const SOON_MS = HOUR_MS;

/** A deadline in both ways people read one: how long is left, and when that is on the clock, with its zone. */
export function dueWords(dueAt: string, now: Date, reader: Reader = {}): DueWords {
  const leftMs = Date.parse(dueAt) - now.getTime();
  return { relative: relativeWords(leftMs), clock: clockWords(dueAt, now, reader), urgency: leftMs <= 0 ? 'over' : leftMs < SOON_MS ? 'soon' : 'later' };
}

/** `just now`, `4 min ago`, `2 days ago`. */
export const agoWords = (at: string, now: Date): string => relativeWords(Math.min(0, Date.parse(at) - now.getTime()));

/** Minutes at the finest: a text that changes each second cannot be read aloud, and makes people hurry. */
function relativeWords(ms: number): string {
  const length = lengthWords(Math.abs(ms));
  if (length === '') return ms > 0 ? 'in less than a minute' : 'just now';
  return ms > 0 ? `in ${length}` : `${length} ago`;
}

function lengthWords(ms: number): string {
  if (ms < MINUTE_MS) return '';
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < EXACT_MS) {
    const minutes = Math.floor((ms % HOUR_MS) / MINUTE_MS);
    return `${Math.floor(ms / HOUR_MS)} h${minutes === 0 ? '' : ` ${minutes} min`}`;
  }
  if (ms < 2 * DAY_MS) return `${Math.round(ms / HOUR_MS)} h`;
  return `${Math.floor(ms / DAY_MS)} days`;
}

/** `17:00 CET`; another day is named: `tomorrow 09:00 CET`, `Fri 21 Nov, 09:00 CET`. */
export function clockWords(at: string, now: Date, { timeZone }: Reader = {}): string {
  const when = new Date(at);
  const clock = formatted('clock', when, timeZone);
  const days = dayNumber(when, timeZone) - dayNumber(now, timeZone);
  if (days === 0) return clock;
  if (days === 1) return `tomorrow ${clock}`;
  if (days === -1) return `yesterday ${clock}`;
  return `${formatted('day', when, timeZone)}, ${clock}`;
}

const FORMATS = {
  clock: { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' },
  day: { weekday: 'short', day: 'numeric', month: 'short' },
  date: { year: 'numeric', month: '2-digit', day: '2-digit' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;
/** Kept, as making one takes longer than everything else that is done to show a time. */
const formatters = new Map<string, Intl.DateTimeFormat>();

/** In the system's own zone unless one is named; that may change while somebody travels, which its offset tells. */
function formatted(what: keyof typeof FORMATS, at: Date, timeZone: string | undefined): string {
  const name = `${what} ${timeZone ?? at.getTimezoneOffset()}`;
  let formatter = formatters.get(name);
  if (formatter === undefined) formatters.set(name, (formatter = new Intl.DateTimeFormat('en-GB', { ...FORMATS[what], timeZone })));
  return formatter.format(at);
}

/** Days since 1970 on the reader's calendar. */
function dayNumber(at: Date, timeZone: string | undefined): number {
  if (timeZone === undefined) return Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) / DAY_MS;
  const [day, month, year] = formatted('date', at, timeZone).split('/').map(Number) as [number, number, number];
  return Date.UTC(year, month - 1, day) / DAY_MS;
}

/** `850 ms`, `4.2 s`, `3 min 10 s`. */
export function durationWords(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < MINUTE_MS) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const seconds = Math.floor((ms % MINUTE_MS) / 1000);
  const minutes = Math.floor(ms / MINUTE_MS);
  return seconds === 0 || minutes >= 10 ? `${minutes} min` : `${minutes} min ${seconds} s`;
}
