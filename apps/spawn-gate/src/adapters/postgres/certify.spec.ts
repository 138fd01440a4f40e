import { after, before, describe, it } from 'node:test';
import { uuidv7, type Bundle, type CertificationPolicy, type TemplateFile, type WayOfWorking } from '@countersign/contracts';
import { sql } from '@countersign/database';
import { expect } from 'expect';
import { aProposal, evolve, staff } from '../../testing/evolve.js';
import { GateBench, shippedBundle, shippedForCertification, shippedTemplates, type BenchTeam } from '../../testing/gate-bench.js';
import type { PolicyFile } from '../files/policy-files.js';

let gate: GateBench;
let shipped: PolicyFile[];
before(async () => {
  [gate, shipped] = await Promise.all([GateBench.open(), shippedForCertification()]);
});
after(() => gate.close());

const records = ({ teamId }: BenchTeam) => gate.db.admin<Record<string, unknown>>(`select * from app.certification where team_id = $1`, [teamId]);
const stateOf = async ({ teamId }: BenchTeam) => (await gate.db.admin<{ state: string }>(`select state from app.team where team_id = $1`, [teamId]))[0]!.state;
/** Puts one of the shipped documents in force as it is changed here, while the work is done. */
async function under<T extends object>(kind: string, id: string, change: (doc: T) => object, work: () => Promise<unknown>): Promise<void> {
  const file = shipped.find((each) => each.kind === kind && each.id === id)!;
  const put = (doc: object, hash: string) => gate.store.put({ files: [{ ...file, doc, hash }], complete: new Set() });
  await put(change(file.doc as T), file.hash.replace(/^../, '00'));
  try {
    await work();
  } finally {
    await put(file.doc, file.hash);
  }
}
const certify = (team: BenchTeam) => gate.move(team, 'certify', gate.genesis);
/** The bundle in another version, or as another. */
const publish = (change: Partial<Bundle>): Promise<void> => gate.publish({ ...shippedBundle(), ...change });

describe('certifying a team', () => {
  it('keeps the evidence of all thirty headings, and the entry names the record, its hash and the precedent', async () => {
    const team = await gate.team(['certify']);
    const [record, ...more] = await records(team);
    expect(more).toEqual([]);
    expect(record).toMatchObject({ bundle_id: 'code-care', bundle_version: 1, classification: 'within', alignment: 100, precedents: ['GEN-002@1'], reviews: [], decided_by: gate.genesis.personId });
    const checklists = record!['checklists'] as { subject: string; headings: { evidence: { holds: boolean }[] }[] }[];
    expect(checklists.map(({ subject, headings }) => [subject, headings.length, headings.every(({ evidence }) => evidence.length > 0 && evidence.every(({ holds }) => holds))])).toEqual([['team', 10, true], ['manager', 10, true], ['helpdesk', 10, true]]);
    const [entry] = await gate.entries(team, 'TEAM-CERTIFIED');
    expect(entry!.body).toMatchObject({ genesis_decision_id: record!['id'], bundle: 'code-care@1', classification: 'within', alignment: '100', precedents: ['GEN-002@1'], evidence_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('is refused with every heading named that lacks something, and changes nothing', async () => {
    const { critique: _, ...uncritical } = shippedBundle();
    await gate.publish({ ...uncritical, id: 'uncritical' });
    const team = await gate.team([], { id: 'uncritical' });
    expect(await certify(team)).toEqual({ ok: false, code: 'evidence_missing', message: 'team, 7 Critique of itself: says nothing, and 1 more' });
    await under<WayOfWorking>('way-of-working', 'helpdesk', (way) => ({ ...way, headings: { ...way.headings, audit: undefined, scope: { says: 'It approves.', evidence: [{ kind: 'writes', what: 'app.approval_decision' }] } } }), async () => {
      expect(await certify(team)).toMatchObject({ code: 'evidence_missing', message: 'team, 7 Critique of itself: says nothing, and 1 more; helpdesk, 2 Scope and refusals: it is not so that helpdesk-agent writes app.approval_decision; helpdesk, 10 Auditability: says nothing, and 1 more' });
    });
    expect([await stateOf(team), await records(team), await gate.entries(team, 'TEAM-CERTIFIED')]).toEqual(['requested', [], []]);
    // a no keeps what was there to be judged as well, and lets nothing begin
    expect(await gate.move(team, 'reject', gate.genesis, 'nobody looked at how it fails')).toMatchObject({ ok: true });
    const [record, ...more] = await records(team);
    expect(more).toEqual([]);
    expect(record).toMatchObject({ verdict: 'rejected', refusal: 'evidence_missing', bundle_id: 'uncritical', decided_by: gate.genesis.personId, checklists: [{ subject: 'team' }, { subject: 'manager' }, { subject: 'helpdesk' }] });
    expect((await gate.entries(team, 'TEAM-REJECTED'))[0]!.body).toMatchObject({ genesis_decision_id: record!['id'], bundle: 'uncritical@1', refusal: 'evidence_missing', bundle_sha256: expect.stringMatching(/^[0-9a-f]{64}$/), evidence_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await gate.db.admin(`select * from ops.certified_scope('uncritical', 1)`)).toEqual([]);
  });

  it('is refused where no rules say what to show, and where the precedent for delegation is withdrawn', async () => {
    const team = await gate.team([]);
    await under('certification', 'certification', () => ({ retired: true }), async () => expect(await certify(team)).toMatchObject({ code: 'certification_policy_missing' }));
    await under('precedent-seed', 'GEN-002', (seed) => ({ ...seed, status: 'withdrawn' }), async () => expect(await certify(team)).toMatchObject({ code: 'precedent_missing' }));
    await under<CertificationPolicy>('certification', 'certification', (policy) => ({ ...policy, leastAlignment: 101 }), async () => expect(await certify(team)).toMatchObject({ code: 'certification_policy_missing' }));
    expect(await certify(team)).toMatchObject({ ok: true });
  });

  it('measures a version by the newest that was certified, and one that goes further waits for architect and guardian', async () => {
    await publish({ id: 'grown', version: 1 });
    const [, waiting] = [await gate.team(['certify'], { id: 'grown' }), await gate.team([], { id: 'grown' })];
    await publish({ id: 'grown', version: 2, approval: { ...shippedBundle().approval, validMinutes: 60 } });
    const team = await gate.team([], { id: 'grown', version: 2 });
    expect(await certify(team)).toEqual({ ok: false, code: 'review_missing', message: 'systems_architect has not reviewed this version; vision_guardian has not reviewed this version' });
    const reaching = shippedTemplates().map((template): TemplateFile => (template.templateID === 'doc-bot' ? { ...template, capabilities: { ...template.capabilities, net_scopes: { enabled: true, allow_hosts: ['docs.example'] } } } : template));
    await gate.setPolicy({}, reaching);
    try {
      expect(await certify(waiting)).toMatchObject({ code: 'review_missing' });
    } finally {
      await gate.setPolicy({});
    }
    expect(await stateOf(team)).toBe('requested');
  });

  it('stands on reviews of what the agents could touch then, and starts nobody who may touch more by now', async () => {
    await publish({ id: 'bound', approval: { ...shippedBundle().approval, validMinutes: 60 } });
    const [team, later] = [await gate.team([], { id: 'bound' }), await gate.team([], { id: 'bound' })];
    const review = (role: 'systems_architect' | 'vision_guardian') => gate.governance.review({ by: staff(role), reviewId: uuidv7(), kind: 'bundle', id: 'bound', version: 1, role, verdict: 'recommended', notes: 'as it is' });
    for (const done of [await review('systems_architect'), await review('vision_guardian'), await evolve(gate, aProposal('GEN-030', { about: { bundle: 'bound', version: 1 } }))]) expect(done.ok).toBe(true);
    const anywhere = shippedTemplates().map((template): TemplateFile => (template.templateID === 'doc-bot' ? { ...template, capabilities: { ...template.capabilities, net_scopes: { enabled: true, allow_hosts: ['a.example'] } } } : template));
    await gate.setPolicy({}, anywhere);
    try {
      expect(await certify(team)).toEqual({ ok: false, code: 'review_missing', message: 'systems_architect has reviewed this version, but not with what its agents may touch now; vision_guardian has reviewed this version, but not with what its agents may touch now' });
    } finally {
      await gate.setPolicy({});
    }
    expect(await certify(team)).toMatchObject({ ok: true });
    await gate.move(team, 'deploy', team.asha);
    const goal = await gate.goal(team);
    await gate.setPolicy({}, anywhere);
    try {
      expect(await gate.spawn(team, await gate.task(team, goal))).toMatchObject({ allowed: false, code: 'spawn_beyond_certification', reason: 'the template doc-bot reaches further than what this team was certified with: host a.example' });
      expect(await gate.spawn(team, await gate.task(team, goal, 'tests'))).toMatchObject({ allowed: true });
      expect(await certify(later)).toMatchObject({ code: 'review_missing' });
    } finally {
      await gate.setPolicy({});
    }
    expect(await gate.spawn(team, await gate.task(team, goal))).toMatchObject({ allowed: true });
  });

  it('cannot be changed or taken back, and no other service can make one up', async () => {
    const team = await gate.team(['certify']);
    const as = (service: 'spawn-gate' | 'gateway' | 'manager-agent', statement: ReturnType<typeof sql>) =>
      gate.db.as(service).withTeam(team.teamId, async (tx) => {
        tx.ledgerOnly();
        tx.write(statement);
      });
    const uncertified = await gate.team([]);
    await expect(gate.database.withTeam(uncertified.teamId, async (tx) => {
      tx.write(sql`update app.team set state = 'certified'`);
      await gate.audit(tx, 'TEAM-CERTIFIED', { team_id: uncertified.teamId, genesis_decision_id: uncertified.teamId });
    })).rejects.toMatchObject({ code: 'certification_missing' });
    for (const statement of [sql`update app.certification set alignment = 1`, sql`delete from app.certification`]) await expect(as('spawn-gate', statement)).rejects.toMatchObject({ code: 'not_permitted' });
    const forged = sql`insert into app.certification (team_id, id, bundle_id, bundle_version, bundle_sha256, verdict, classification, criteria, scope, checklists, precedents, reviews, alignment, risks, notes, decided_by)
      values (${team.teamId}, ${team.teamId}, 'code-care', 9, ${Buffer.alloc(32)}, 'certified', 'within', '{}', '{}', '[]', '[]', '[]', 100, '[]', '[]', ${team.teamId})`;
    for (const service of ['gateway', 'manager-agent'] as const) await expect(as(service, forged)).rejects.toMatchObject({ code: 'not_permitted' });
  });
});
