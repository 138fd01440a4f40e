import { MemberId, messages, subjectOf, taskAssigned, TeamId } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { ForgedMessageError } from './errors.js';
import { headersOf, openEnvelope } from './headers.js';
import { inTrace, traceparent } from './trace.js';

const teamId = TeamId.next();
const subject = subjectOf(taskAssigned, { teamId, memberId: MemberId.next() });
const row = { team_id: teamId, id: MemberId.next(), subject, key_seq: 7, headers: { 'ce-type': taskAssigned.name, traceparent: 'tp' }, payload: Buffer.from('{}') };

describe('the envelope of a message', () => {
  it('names it as CloudEvents do, once for the broker and once for the reader', () => {
    const headers = headersOf(row);
    expect(Object.fromEntries([...headers].map(([name, [value]]) => [name, value]))).toEqual({
      'Nats-Msg-Id': row.id, 'ce-specversion': '1.0', 'ce-id': row.id, 'ce-source': 'countersign/manager-agent', 'ce-type': 'task.assigned.v1',
      'ce-subject': subject, 'ce-sequence': '7', 'ce-datacontenttype': 'application/json', traceparent: 'tp',
    });
    expect(openEnvelope(taskAssigned, subject, headers)).toMatchObject({ messageId: row.id, teamId, sequence: 7, traceparent: 'tp' });
  });

  it('is refused when type, source, subject, id or number are not those of what is stored there', () => {
    const other = subjectOf(taskAssigned, { teamId: TeamId.next(), memberId: MemberId.next() });
    expect(() => openEnvelope(taskAssigned, other, headersOf(row))).toThrow(ForgedMessageError);
    expect(() => openEnvelope(taskAssigned, subject, undefined)).toThrow(ForgedMessageError);
    expect(() => openEnvelope(taskAssigned, 'team.x.task_assignment.assigned.y', headersOf({ ...row, subject: 'team.x.task_assignment.assigned.y' }))).toThrow(ForgedMessageError);
    for (const [name, value] of [['ce-type', 'draft.decided.v1'], ['ce-source', 'countersign/executor'], ['ce-subject', other], ['ce-id', 'x'], ['ce-sequence', '0'], ['ce-sequence', '1.5'], ['ce-sequence', '']] as const) {
      const headers = headersOf(row);
      headers.set(name, value);
      expect(() => openEnvelope(taskAssigned, subject, headers)).toThrow(ForgedMessageError);
    }
  });

  it('has a place for the team in every subject', () => {
    for (const message of messages()) expect(message.subject).toMatch(/^team\.\{teamId\}\./);
  });
});

describe('a trace', () => {
  it('goes on in the same trace as a new span, and begins anew when what came is no trace', () => {
    const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const inside = inTrace(parent, traceparent);
    expect(inside).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    expect(inside).not.toBe(parent);
    for (const wrong of [undefined, '', '00-00000000000000000000000000000000-b7ad6b7169203331-01', `${parent}x`]) {
      const fresh = inTrace(wrong, traceparent);
      expect(fresh).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      expect(fresh).not.toContain('0af7651916cd43dd');
    }
  });
});
