import { CHANNELS, type Channel } from '@countersign/contracts';
import { LadderPlay, percentile, skyOf, WEATHERS, type Played, type Sky, type Weather } from './ladder-play.js';

const BAD = WEATHERS.filter((weather) => weather !== 'up');

/** Each provider bad in turn in each way, all at once, and nobody. */
export const SKIES: readonly (readonly [string, Sky])[] = [
  ['all up', skyOf({})],
  ...CHANNELS.flatMap((channel) => BAD.map((weather): [string, Sky] => [`${channel} ${weather}`, skyOf({ [channel]: weather })])),
  ...BAD.map((weather): [string, Sky] => [`all ${weather}`, Object.fromEntries(CHANNELS.map((channel) => [channel, weather])) as Record<Channel, Weather>]),
];

export interface Reached {
  readonly name: string;
  readonly sky: Sky;
  readonly plays: readonly Played[];
  readonly viewed: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** So many questions under each sky. */
export function playAll(questions: number): Reached[] {
  return SKIES.map(([name, sky], nth) => {
    const plays = Array.from({ length: questions }, (_, seed) => LadderPlay.of(sky, nth * 1_000_003 + seed));
    const views = plays.flatMap(({ firstViewAt }) => firstViewAt ?? []);
    return { name, sky, plays, viewed: views.length, p50Ms: percentile(views, 50), p95Ms: percentile(views, 95) };
  });
}
