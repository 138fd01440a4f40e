import { shorten } from './characters.js';

/** Words of a ring that the server sends and the app shows as a sample: both say the same. */
export const MAX_RING_TITLE = 40;

const PARTS = { weekday: 'short', day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short' } as const;
/** `Fri, 20 Nov, 15:20 CET`: a deadline may be days away, and a phone may show the ring a day later. */
export function momentWords(at: Date, timeZone: string): string {
  const parts = Object.fromEntries(new Intl.DateTimeFormat('en-GB', { ...PARTS, timeZone }).formatToParts(at).map(({ type, value }) => [type, value]));
  return `${parts['weekday']}, ${parts['day']} ${parts['month']}, ${parts['hour']}:${parts['minute']} ${parts['timeZoneName']}`;
}

export const deadlineWords = (dueAt: Date, timeZone: string): string => `Answer by ${momentWords(dueAt, timeZone)}. Without an answer it expires and nothing happens.`;

/** The team's name and what it wants; of what it is about, only where the person wishes that. */
export const askingTitle = (teamName: string, title: string, discreet: boolean, suffix = ' needs your approval'): string =>
  discreet ? `${shorten(teamName, MAX_RING_TITLE - suffix.length)}${suffix}` : shorten(`${teamName} · ${title}`, MAX_RING_TITLE);
