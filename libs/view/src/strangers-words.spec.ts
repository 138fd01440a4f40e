import { describe, it } from 'node:test';
import { expect } from 'expect';
import * as view from './index.js';

/** One of each kind that no letter is drawn for: an override, an isolate, a joiner, a filler, a blank letter, a control, a variation selector, a tag. */
const UNSEEN = ['\u202e', '\u2066', '\u200b', '\u3164', '\u2800', '\u001b', '\ufe00', '\u{e0041}'];
const X = `As${UNSEEN.join('')}ha`;

/** What people, agents and services wrote, through each function that puts it into words of ours. */
const OF_STRANGERS: Readonly<Record<string, readonly string[]>> = {
  anotherLookWords: [
    view.anotherLookWords({ problem: { code: 'already_decided', decision: { decision: 'deny', by: X } } as never }),
    view.anotherLookWords({ problem: { code: X, detail: X } as never }),
    view.anotherLookWords({ problem: { code: X, title: X } as never }),
  ],
  deliveryWords: [view.deliveryWords({ device: X, by: 'fcm', state: 'failed', attempts: 2, code: X })],
  figuresWords: view.figuresWords({ counted: 1, figures: { [X]: X } }),
  historyWords: [view.historyWords({ kind: X as never, about: X, body: { note: X } })],
  proofWords: [view.proofWords({ state: 'differs', what: X }), view.proofWords({ state: 'unreadable', why: X })],
  questionWords: [view.questionWords({ state: 'answered', answeredBy: X })],
  quorumWords: [view.quorumWords({ need: 2, of: 'people', yes: [{ by: X, at: '' }] })],
  refusalWords: [
    view.refusalWords({ code: 'assertion_invalid', message: X, details: {} }, new Date(0))!,
    view.refusalWords({ code: X, message: X, details: { effectiveFrom: '2026-01-01T00:00:00Z' } }, new Date(0))!,
  ],
  turnWords: [view.turnWords({ owner: 'member', name: X, action: 'execute' } as never)],
};
/** Say nothing but words of ours, and figures. */
const OURS = [
  'agoWords', 'clockWords', 'costWords', 'countWords', 'countdownWords', 'dueWords', 'durationWords', 'effectFaultWords', 'emptyWords', 'endedWords', 'expiredWords', 'failureWords', 'heldWords', 'memberWords', 'memoryWords', 'modeWords', 'moneyWords',
  'passkeyWords', 'processorWords', 'qualityWords', 'receiptWords', 'riskWords', 'sizeWords',
];

describe('words of ours around a stranger’s', () => {
  it('name what cannot be seen in them, each by its code point', () => {
    const faults = Object.entries(OF_STRANGERS).flatMap(([name, said]) => said.filter((words) => view.hasInvisible(words) || !words.includes('‹U+202E›')).map((words) => `${name}: ${JSON.stringify(words)}`));
    expect(faults).toEqual([]);
  });
  it('are all of the functions that put something into words: a new one is tried here too, or says nothing of strangers', () => {
    const all = Object.entries(view).filter(([name, made]) => name.endsWith('Words') && typeof made === 'function').map(([name]) => name);
    expect(all.sort()).toEqual([...Object.keys(OF_STRANGERS), ...OURS].sort());
  });
});
