import { EFFECT_KINDS, type GoalEffectBody } from '@countersign/contracts';
import { textFlag, UsageError, type Call, type Options } from './command.js';

const flag = { type: 'string' } as const;
/** How a command line says what becomes of a goal's result. */
export const EFFECT_FLAGS = { effect: flag, 'post-to': flag, 'content-type': flag, to: flag, cc: flag, subject: flag, body: flag, attach: flag } satisfies Options;

/** What the flags say of the effect; undefined where they say nothing. Whether it may be is the gateway's word. */
export function effectSaid(call: Call): GoalEffectBody | undefined {
  const said = textFlag(call, 'effect');
  const members = membersSaid(call);
  if (said === undefined) {
    if (Object.keys(members).length > 0) throw new UsageError('what is to become of the result?', `--effect ${EFFECT_KINDS.join('|')}`);
    return undefined;
  }
  const kind = EFFECT_KINDS.find((each) => each === said);
  if (!kind) throw new UsageError(`--effect is one of ${EFFECT_KINDS.join(', ')}, not "${said}"`);
  return { kind, ...members };
}

function membersSaid(call: Call): Omit<GoalEffectBody, 'kind'> {
  const texts = { url: textFlag(call, 'post-to'), contentType: textFlag(call, 'content-type'), subject: textFlag(call, 'subject'), body: textFlag(call, 'body') };
  const lists = { to: listFlag(call, 'to'), cc: listFlag(call, 'cc'), attachments: listFlag(call, 'attach') };
  return Object.fromEntries(Object.entries({ ...texts, ...lists }).filter(([, value]) => value !== undefined));
}

const listFlag = (call: Call, name: string): string[] | undefined => textFlag(call, name)?.split(',').map((each) => each.trim());
