/** A daily time in which a person is not rung, by the clock of their zone. May wrap midnight. */
export interface QuietHours {
  /** `HH:MM`; the first minute that is quiet. */
  readonly from: string;
  /** `HH:MM`; the first minute that is not. */
  readonly to: string;
  /** IANA name. */
  readonly zone: string;
}

const MINUTE_MS = 60_000;
const DAY = 1_440;
const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
const clocks = new Map<string, Intl.DateTimeFormat>();

/** Minutes since midnight on the zone's clock. */
function localMinutes(at: Date, zone: string): number {
  const clock = clocks.get(zone) ?? new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  clocks.set(zone, clock);
  return minutesOf(clock.format(at));
}

const after = (from: number, to: number): number => (to - from + DAY) % DAY;

export function isQuiet(at: Date, { from, to, zone }: QuietHours): boolean {
  const start = minutesOf(from);
  return after(start, localMinutes(at, zone)) < after(start, minutesOf(to));
}

/**
 * When the quiet time around `now` ends; undefined when it is not quiet.
 *
 * Where clocks are put forward over the end itself it may be up to an hour late; it is never early.
 */
export function quietUntil(now: Date, hours: QuietHours | undefined): Date | undefined {
  if (hours === undefined || !isQuiet(now, hours)) return undefined;
  const end = minutesOf(hours.to);
  let at = Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS;
  while (isQuiet(new Date(at), hours)) at += after(localMinutes(new Date(at), hours.zone), end) * MINUTE_MS;
  const late = new Date(at - after(end, localMinutes(new Date(at), hours.zone)) * MINUTE_MS);
  return isQuiet(late, hours) ? new Date(at) : late;
}
