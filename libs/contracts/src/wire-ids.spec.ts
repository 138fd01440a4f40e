import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { defaultMissionId, fromWireId, InstanceId, TeamId, WIRE_ID_KINDS, wireId, wireMission, type WireIdKind } from './index.js';

describe('ids on the wire of the original', () => {
  it('lead back to the row they name, whichever kind', () => {
    fc.assert(fc.property(fc.uuid(), fc.constantFrom(...(Object.keys(WIRE_ID_KINDS) as WireIdKind[])), (id, kind) => {
      expect(fromWireId(kind, wireId(kind, id))).toBe(id);
      expect(fromWireId(kind, id)).toBe(id);
    }));
    expect(wireId('instance', '01a1faa8-85f2-786b-9b67-420704a3cc01')).toBe('ins_01a1faa885f2786b9b67420704a3cc01');
  });

  it('are refused where they name another kind or nothing', () => {
    const id = InstanceId.next();
    for (const text of ['', 'ins_', `ses_${id.replaceAll('-', '')}`, `ins_${id.replaceAll('-', '')}0`, 'ins_; drop table']) expect(() => fromWireId('instance', text)).toThrow(/not a instance/);
  });

  it('name the default mission of a team by an id that is valid, fixed and never that of a goal', () => {
    const team = TeamId.next();
    expect(TeamId.parse(defaultMissionId(team))).toBe(defaultMissionId(team));
    expect(defaultMissionId(team)).not.toBe(team);
    expect(defaultMissionId(team)[14]).toBe('8');
    expect([wireMission(null), wireMission(team)]).toEqual(['mission-default', team]);
  });
});
