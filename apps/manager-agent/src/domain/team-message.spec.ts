import { MemberId, MESSAGE_TYPES } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { judgeMessage, type Asked, type Said, type Teammate } from './team-message.js';

const mate = (name: string, over: Partial<Teammate> = {}): Teammate => ({ id: MemberId.next(), name, lead: false, active: true, ...over });
const [mira, dora, pax, gone] = [mate('Mira', { lead: true }), mate('Dora'), mate('Pax'), mate('Tess', { active: false })] as const;
const roster = [mira, dora, pax, gone];
const judge = (said: Said, asked?: Asked) => judgeMessage({ content: 'hello', ...said }, dora.id, roster, asked);
const asked = (over: Partial<Asked> = {}): Asked => ({ id: 'm', type: 'shutdown_request', from: pax.id, to: dora.id, answered: false, ...over });

describe('a message between agents', () => {
  it('goes to a member by name, to the lead also as team-lead, and a broadcast to everybody', () => {
    expect([judge({ type: 'message', recipient: ' pax ' }), judge({ type: 'message', recipient: 'team-lead' }), judge({ type: 'shutdown_request', recipient: 'MIRA', content: '' }), judge({ type: 'broadcast' })]).toEqual(
      [pax, mira, mira, null].map((to) => ({ ok: true, to })),
    );
  });

  it('knows nobody outside of the team, nobody who left it, and not the sender', () => {
    for (const recipient of ['user', 'customer', 'helpdesk', 'Asha', 'Tess', '../Pax', '']) expect(judge({ type: 'message', recipient })).toMatchObject({ ok: false, code: 'recipient_unknown' });
    expect(judge({ type: 'message', recipient: 'Dora' })).toMatchObject({ code: 'recipient_is_sender' });
    expect(judge({ type: 'message' })).toMatchObject({ code: 'recipient_missing' });
    for (const type of ['message', 'broadcast'] as const) expect(judge({ type, recipient: 'Pax', content: ' ' })).toMatchObject({ code: 'content_missing' });
  });

  it('answers what was sent to the one who answers, once, and in its kind', () => {
    const answer: Said = { type: 'shutdown_response', requestId: 'm', approve: true };
    expect(judge(answer, asked())).toEqual({ ok: true, to: pax });
    expect(judge({ ...answer, type: 'plan_approval_response' }, asked({ type: 'message' }))).toEqual({ ok: true, to: pax });
    const refused: [Said, Asked | undefined, string][] = [
      [answer, undefined, 'request_unknown'],
      [answer, asked({ to: mira.id }), 'request_unknown'],
      [answer, asked({ to: null, type: 'broadcast' }), 'request_unknown'],
      [answer, asked({ type: 'message' }), 'request_mismatch'],
      [{ ...answer, type: 'plan_approval_response' }, asked(), 'request_mismatch'],
      [answer, asked({ answered: true }), 'request_answered'],
      [{ type: 'shutdown_response', approve: true }, asked(), 'request_missing'],
      [{ type: 'shutdown_response', requestId: 'm' }, asked(), 'request_missing'],
      [{ ...answer, recipient: 'Mira' }, asked(), 'recipient_unknown'],
    ];
    for (const [said, about, code] of refused) expect([said, judge(said, about)]).toMatchObject([said, { ok: false, code }]);
  });

  it('of every type is judged: none goes out without somebody of the team', () => {
    for (const type of MESSAGE_TYPES.filter((each) => each !== 'broadcast')) expect(judge({ type })).toMatchObject({ ok: false });
  });
});
