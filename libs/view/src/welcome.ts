import { failureSentence } from './reach-words.js';

/** What is known of this device when it is set up. */
export interface DeviceFacts {
  /** Opened from the home screen, or as an app of its own. */
  readonly installed: boolean;
  /** An iPhone or iPad rings only what was opened from the home screen. */
  readonly ios: boolean;
  readonly notifications: 'default' | 'granted' | 'denied' | 'unsupported';
  /** The installation can ring browsers. */
  readonly rings: boolean;
  /** This browser has told where it is rung, for the person who is signed in. */
  readonly subscribed: boolean;
  /** Whoever is signed in decides, so they sign. */
  readonly decides: boolean;
}

export type WelcomeStep = 'you' | 'how' | 'install' | 'ring' | 'test' | 'passkey' | 'privacy' | 'quiet';

/** The steps that make sense on this device, in order. */
export function welcomeSteps({ installed, notifications, rings, subscribed, decides }: DeviceFacts): readonly WelcomeStep[] {
  const test = rings && notifications === 'granted' && subscribed;
  return ['you', 'how', ...(installed ? [] : (['install'] as const)), ...(rings ? (['ring'] as const) : []), ...(test ? (['test'] as const) : []), ...(decides ? (['passkey'] as const) : []), 'privacy', 'quiet'];
}

const ORDER: readonly WelcomeStep[] = ['you', 'how', 'install', 'ring', 'test', 'passkey', 'privacy', 'quiet'];
/** The one after a step, which what happened in it may have made needless itself; undefined: that was the last. */
export const stepAfter = (step: WelcomeStep, facts: DeviceFacts): WelcomeStep | undefined => welcomeSteps(facts).find((next) => ORDER.indexOf(next) > ORDER.indexOf(step));

export interface Finding {
  readonly ok: boolean;
  readonly what: string;
  /** What one can do; absent where nothing is wrong. */
  readonly help?: string;
}

const SETTINGS: readonly (readonly [RegExp, string])[] = [
  [/iPhone|iPad/, 'Settings › Notifications › Countersign › Allow Notifications.'],
  [/Android/, 'Hold the app’s icon › App info › Notifications, or in Chrome ⋮ › Settings › Site settings › Notifications.'],
  [/Mac OS X/, 'System Settings › Notifications › your browser, and the site’s settings beside the address.'],
  [/Windows/, 'Settings › System › Notifications › your browser, and the site’s settings beside the address.'],
];
/** Where the person lets us ring again, in the words of their system. */
export const settingsPath = (userAgent: string): string => SETTINGS.find(([pattern]) => pattern.test(userAgent))?.[1] ?? 'Your browser’s settings for this site, and your system’s for notifications.';

/** Why a test may not have arrived, from what can be seen here and what the push service said; `sent` is undefined where it was not asked. */
export function findings({ notifications, subscribed, ios, installed }: DeviceFacts, sent: { readonly sent: boolean; readonly code: string | null } | undefined, userAgent: string): readonly Finding[] {
  return [
    ...(ios ? [{ ok: installed, what: 'Opened from the home screen', ...(installed ? {} : { help: 'An iPhone shows notifications only of an app that was opened from there.' }) }] : []),
    { ok: notifications === 'granted', what: 'Notifications are allowed', ...(notifications === 'granted' ? {} : { help: settingsPath(userAgent) }) },
    { ok: subscribed, what: 'This device has told us where to reach it', ...(subscribed ? {} : { help: 'Turn notifications on once more.' }) },
    ...(sent === undefined ? [] : [sent.sent ? { ok: true, what: 'The push service took the test' } : { ok: false, what: 'The push service has not taken the test', help: failureSentence(sent.code ?? '') }]),
    { ok: true, what: 'Battery saver and focus modes can hold a notification back', help: 'Let Countersign through there, and try again.' },
  ];
}
