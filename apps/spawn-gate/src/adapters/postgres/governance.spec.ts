import { after, before, describe, it } from 'node:test';
import { CONFIRMATION_IDS, PLATFORM_CHAIN, uuidv7, type ConfirmationId, type Requester, type Reviewer, type ReviewVerdict, type TeamId } from '@countersign/contracts';
import { sql } from '@countersign/database';
import { expect } from 'expect';
import { aProposal, evolve, staff } from '../../testing/evolve.js';
import { GateBench, shippedBundle } from '../../testing/gate-bench.js';

let gate: GateBench;
before(async () => {
  gate = await GateBench.open();
});
after(() => gate.close());

const people: Record<Reviewer, Requester> = { genesis: staff('genesis'), systems_architect: staff('systems_architect'), vision_guardian: staff('vision_guardian') };
const entries = async (...actions: string[]) => (await gate.entries({ teamId: PLATFORM_CHAIN as TeamId })).filter(({ action }) => actions.includes(action));
const review = (kind: 'bundle' | 'evolution', id: string, version: number, role: Reviewer, verdict: ReviewVerdict = 'recommended', by: Requester = verdict === 'waived' ? gate.gov : people[role]) =>
  gate.governance.review({ by, reviewId: uuidv7(), kind, id, version, role, verdict, notes: `as ${role} I have looked at how it stops` });
const propose = async (seed: string, by: Requester = people.systems_architect, requestId: string = uuidv7()) => (await gate.governance.propose({ by, requestId, proposal: aProposal(seed) })).evolutionId!;
const confirm = (evolutionId: string, question: ConfirmationId, accepted = true, by: Requester = gate.gov) => gate.governance.confirm({ by, evolutionId, question, accepted, note: 'I have read it' });
const approve = (evolutionId: string, by: Requester = gate.gov) => gate.governance.decide({ by, evolutionId, verb: 'approve', rationale: ['The governor of both stays the same', 'It costs nothing more'] });
const seedRow = async (id: string) => (await gate.db.admin<{ doc: Record<string, unknown>; source: string }>(`select doc, source from app.policy where kind = 'precedent-seed' and id = $1`, [id]))[0];

describe('reviews of a bundle’s version', () => {
  it('are gates: a version that goes further is certified with both, or with a waiver that is kept', async () => {
    await gate.publish({ ...shippedBundle(), id: 'reaching', approval: { ...shippedBundle().approval, validMinutes: 60 } });
    const [first, second] = [await gate.team([], { id: 'reaching' }), await gate.team([], { id: 'reaching' })];
    const certify = (team = first) => gate.move(team, 'certify', gate.genesis);
    expect((await certify()).message).toBe('systems_architect has not reviewed this version; vision_guardian has not reviewed this version');
    expect(await review('bundle', 'reaching', 1, 'systems_architect')).toMatchObject({ ok: true });
    expect(await review('bundle', 'reaching', 1, 'vision_guardian', 'rejected')).toMatchObject({ ok: true });
    expect((await certify()).message).toBe('vision_guardian recommends against it');
    expect(await review('bundle', 'reaching', 1, 'vision_guardian', 'waived', people.vision_guardian)).toMatchObject({ code: 'not_permitted' });
    expect(await review('bundle', 'reaching', 1, 'vision_guardian', 'waived')).toMatchObject({ ok: true });
    // both reviews, and nobody decided that it may go further
    const what = 'propose an evolution about reaching@1; when the platform governor has approved it, its teams can be certified';
    expect(await certify()).toMatchObject({ code: 'evolution_missing', message: `it goes further than what was decided: ${what}` });
    const about = (seed: string, version: number) => aProposal(seed, { about: { bundle: 'reaching', version } });
    expect(await evolve(gate, about('GEN-020', 2))).toMatchObject({ ok: false, code: 'bundle_unknown' });
    await gate.publish({ ...shippedBundle(), id: 'reaching', version: 2 });
    for (const [seed, version] of [['GEN-020', 2], ['GEN-021', 1]] as const) {
      expect(await certify()).toMatchObject({ code: 'evolution_missing' });
      expect(await evolve(gate, about(seed, version))).toMatchObject({ ok: true });
    }
    expect(await certify()).toMatchObject({ ok: true });
    expect((await gate.entries(first, 'TEAM-CERTIFIED'))[0]!.body['evolution']).toBe('EVOLUTION-003');
    const [record] = await gate.db.admin<{ classification: string; criteria: object; evolution: string; reviews: { role: string; state: string }[] }>(`select classification, criteria, evolution, reviews from app.certification where team_id = $1`, [first.teamId]);
    expect(record).toMatchObject({ classification: 'evolution', evolution: 'EVOLUTION-003', criteria: { reducesApprovals: ['a yes holds 60 minutes, 15 before'] } });
    expect(record!.reviews.map(({ role, state }) => [role, state])).toEqual([['systems_architect', 'recommended'], ['vision_guardian', 'waived']]);
    expect((await gate.entries(first, 'TEAM-CERTIFIED'))[0]!.body['reviews']).toEqual([{ role: 'systems_architect', state: 'recommended', review_id: expect.any(String) }, { role: 'vision_guardian', state: 'waived', review_id: expect.any(String) }]);
    // what was certified once is within what was decided for the next
    expect(await certify(second)).toMatchObject({ ok: true });
    const told = (await entries('REVIEW-RECORDED', 'REVIEW-WAIVED')).filter(({ body }) => body['subject'] === 'bundle:reaching@1');
    expect(told.map(({ action, body }) => [action, body['role'], body['verdict']])).toEqual([['REVIEW-RECORDED', 'systems_architect', 'recommended'], ['REVIEW-RECORDED', 'vision_guardian', 'rejected'], ['REVIEW-WAIVED', 'vision_guardian', undefined]]);
    expect(JSON.stringify(told)).not.toMatch(`how it stops|${gate.gov.personId}`);
  });

  it('are of several people: nobody reviews in two roles, and whoever reviewed or wrote it does not certify', async () => {
    await gate.publish({ ...shippedBundle(), id: 'single-handed', approval: { ...shippedBundle().approval, validMinutes: 60 } });
    const many: Requester = { ...staff('genesis'), roles: ['genesis', 'systems_architect', 'vision_guardian'] };
    const give = (role: Reviewer, by: Requester) => review('bundle', 'single-handed', 1, role, 'recommended', by);
    expect(await give('systems_architect', many)).toMatchObject({ ok: true });
    expect(await give('vision_guardian', many)).toMatchObject({ ok: false, code: 'reviewed_already', message: 'you have reviewed it as the systems architect: one person counts once' });
    expect(await give('vision_guardian', people.vision_guardian)).toMatchObject({ ok: true });
    expect(await evolve(gate, aProposal('GEN-022', { about: { bundle: 'single-handed', version: 1 } }))).toMatchObject({ ok: true });
    const team = await gate.team([], { id: 'single-handed' });
    expect(await gate.move(team, 'certify', many)).toMatchObject({ ok: false, code: 'reviewer_may_not_certify' });
    const written = (publishedBy: string, ...draftedBy: string[]) => gate.db.admin(`update app.bundle set published_by = $1, drafted_by = $2::uuid[] where id = 'single-handed'`, [publishedBy, draftedBy]);
    for (const [publishedBy, ...draftedBy] of [[gate.genesis.personId], [gate.gov.personId, uuidv7(), gate.genesis.personId]] as const) {
      await written(publishedBy, ...draftedBy);
      expect(await gate.move(team, 'certify', gate.genesis)).toMatchObject({ ok: false, code: 'author_may_not_certify' });
    }
    await written(gate.genesis.personId, uuidv7());
    expect(await gate.move(team, 'certify', gate.genesis)).toMatchObject({ ok: true });
    // whoever wrote a part of it, and not who published it
    await gate.db.admin(`update app.bundle set published_by = $1, drafted_by = array[$2::uuid, $3::uuid] where id = 'single-handed'`, [people.genesis.personId, many.personId, uuidv7()]);
    expect([(await give('systems_architect', many)).code, (await give('genesis', people.genesis)).code]).toEqual(['author_may_not_review', 'ok']);
  });

  it('are of a version that is there, once for one request', async () => {
    await expect(review('bundle', 'reaching', 9, 'genesis')).rejects.toMatchObject({ code: 'not_found' });
    const again = { by: people.genesis, reviewId: uuidv7(), kind: 'bundle' as const, id: 'reaching', version: 1, role: 'genesis' as const, verdict: 'recommended' as const, notes: 'x' };
    expect([(await gate.governance.review(again)).code, (await gate.governance.review(again)).code]).toEqual(['ok', 'unchanged']);
  });
});

describe('an evolution', () => {
  it('becomes a precedent with the governor’s six answers and three reviews, and not before', async () => {
    const id = await propose('GEN-010');
    expect(id).toBe('EVOLUTION-005');
    for (const role of ['genesis', 'systems_architect', 'vision_guardian'] as const) expect((await review('evolution', id, 1, role)).code).toBe(role === 'systems_architect' ? 'author_may_not_review' : 'ok');
    for (const question of CONFIRMATION_IDS.slice(1)) expect(await confirm(id, question)).toMatchObject({ ok: true });
    expect(await approve(id)).toMatchObject({ ok: false, code: 'questions_open', message: 'not answered yet: delegation' });
    expect(await confirm(id, 'delegation', false)).toMatchObject({ ok: true });
    expect(await approve(id)).toMatchObject({ code: 'question_not_accepted' });
    expect(await confirm(id, 'delegation')).toMatchObject({ ok: true });
    expect(await approve(id)).toMatchObject({ code: 'review_missing', message: 'systems_architect has not reviewed it' });
    expect(await review('evolution', id, 1, 'systems_architect', 'recommended', staff('systems_architect'))).toMatchObject({ ok: true });
    expect(await seedRow('GEN-010')).toBeUndefined();
    expect(await approve(id)).toMatchObject({ ok: true, message: 'it is approved, and is the precedent GEN-010@1 from now on' });
    expect(await seedRow('GEN-010')).toMatchObject({ source: 'person', doc: { seed_id: 'GEN-010', version: 1, status: 'active', supersedes: null, approved_by: 'Platform Governor', evolution: id, date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), rationale: 'The governor of both stays the same\nIt costs nothing more' } });
    expect(await approve(id)).toMatchObject({ code: 'unchanged' });
    expect(await confirm(id, 'cost', false)).toMatchObject({ code: 'evolution_decided' });
    const decided = (await entries('EVOLUTION-DECIDED')).at(-1);
    expect(decided!.body).toMatchObject({ evolution_id: id, decision: 'approved', seed: 'GEN-010@1' });
    expect((decided!.body['reviews'] as object[]).length).toBe(3);
    expect(JSON.stringify(await entries('EVOLUTION-PROPOSED', 'EVOLUTION-CONFIRMED', 'EVOLUTION-DECIDED'))).not.toMatch(/costs nothing|I have read/);
  });

  it('is reviewed by one person in one role, also where both come at once, and once for one request', async () => {
    const many: Requester = { ...staff('systems_architect'), roles: ['systems_architect', 'vision_guardian'] };
    const ids: string[] = [];
    for (const seed of ['GEN-014', 'GEN-015', 'GEN-016']) ids.push(await propose(seed, people.genesis));
    const both = (id: string) => Promise.all((['systems_architect', 'vision_guardian'] as const).map((role) => review('evolution', id, 1, role, 'recommended', many)));
    for (const codes of await Promise.all(ids.map(both))) expect(codes.map(({ code }) => code).sort()).toEqual(['ok', 'reviewed_already']);
    const again = { by: people.genesis, reviewId: uuidv7(), kind: 'evolution' as const, id: await propose('GEN-017'), version: 1, role: 'genesis' as const, verdict: 'recommended' as const, notes: 'x' };
    expect((await Promise.all([1, 2].map(() => gate.governance.review(again)))).map(({ code }) => code).sort()).toEqual(['ok', 'unchanged']);
  });

  it('is rejected with its rationale kept, withdrawn by its proposer, proposed once for one request, and no second of a name', async () => {
    const requestId = uuidv7();
    const id = await propose('GEN-011', people.genesis, requestId);
    expect(await propose('GEN-011', people.genesis, requestId)).toBe(id);
    expect(await gate.governance.decide({ by: gate.gov, evolutionId: id, verb: 'reject', rationale: ['Too much at once'] })).toMatchObject({ ok: true });
    expect(await gate.db.admin(`select state, rationale, decided_by from app.evolution where id = $1`, [id])).toEqual([{ state: 'rejected', rationale: ['Too much at once'], decided_by: gate.gov.personId }]);
    const own = await propose('GEN-010', gate.gov);
    expect(await approve(own)).toMatchObject({ code: 'proposer_may_not_decide' });
    expect(await gate.governance.decide({ by: gate.gov, evolutionId: own, verb: 'withdraw', rationale: ['Not mine to decide'] })).toMatchObject({ ok: true });
    const twin = await propose('GEN-010');
    for (const role of ['genesis', 'vision_guardian'] as const) await review('evolution', twin, 1, role);
    await review('evolution', twin, 1, 'systems_architect', 'waived');
    for (const question of CONFIRMATION_IDS) await confirm(twin, question);
    expect(await approve(twin)).toMatchObject({ code: 'seed_exists' });
    expect(await gate.governance.propose({ by: gate.ops, requestId: uuidv7(), proposal: aProposal('GEN-012') })).toMatchObject({ code: 'not_permitted' });
    await expect(gate.governance.confirm({ by: gate.gov, evolutionId: 'EVOLUTION-999', question: 'cost', accepted: true, note: '' })).rejects.toMatchObject({ code: 'not_found' });
    const none = { increasesScope: [], reducesApprovals: [], addsAccess: [], weakensSafety: [] };
    expect(() => gate.governance.propose({ by: people.genesis, requestId: uuidv7(), proposal: aProposal('GEN-012', { criteria: none }) })).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });

  it('takes the place of a precedent that is in force and about the same, which then says so, and permits delegation only as S4-123 has it', async () => {
    const seed = (change: object) => aProposal('GEN-040', { seed: { ...aProposal('GEN-040').seed, applies_to: ['manager_agents', 'team_coordination', 'delegation_authority'], supersedes: 'GEN-002', ...change } });
    const certified = async () => (await gate.move(await gate.team([]), 'certify', gate.genesis)).code;
    expect(await evolve(gate, seed({ supersedes: 'GEN-999' }))).toMatchObject({ ok: false, code: 'supersedes_unknown' });
    expect(await evolve(gate, seed({ applies_to: ['shared_context'] }))).toMatchObject({ ok: false, code: 'supersedes_other_subject' });
    await expect(evolve(gate, seed({ permits: true }))).rejects.toMatchObject({ code: 'invalid_input' });
    expect(await certified()).toBe('ok');
    expect(await evolve(gate, seed({ permits: true, only_while: ['customer_governor_decides_communication', 'customer_governor_decides_execution'] }))).toMatchObject({ ok: true });
    const old = await gate.db.admin(`select version, source, doc ->> 'status' as status, doc ->> 'version' as said from app.policy where kind = 'precedent-seed' and id = 'GEN-002' order by version`);
    expect(old).toEqual([{ version: 1, source: expect.any(String), status: 'active', said: '1' }, { version: 2, source: 'person', status: 'superseded', said: '2' }]);
    expect(await certified()).toBe('ok');
    // one that permits nothing stops every manager, and says so
    const silent = seed({ supersedes: 'GEN-040' });
    expect(await evolve(gate, { ...silent, seed: { ...silent.seed, seed_id: 'GEN-041' } })).toMatchObject({ ok: true });
    expect(await certified()).toBe('precedent_missing');
  });

  it('cannot be approved past its questions, by its proposer, or twice, with the gate’s own credential and raw SQL', async () => {
    const id = await propose('GEN-013');
    const forge = (statement: ReturnType<typeof sql>, service: 'spawn-gate' | 'gateway' = 'spawn-gate') =>
      gate.db.as(service).withPlatform(async (tx) => {
        tx.write(statement);
        if (service === 'spawn-gate') await gate.audit(tx, 'POLICY-CHANGED', { policy: 'x', version: '1', sha256: '0'.repeat(64) });
        else tx.ledgerOnly();
      });
    const six = JSON.stringify(CONFIRMATION_IDS.map((question) => ({ question, accepted: true })));
    const decide = (answers: string, by: string) => sql`update app.evolution set state = 'approved', answers = ${answers}::jsonb, decided_by = ${by}, decided_at = now(), rationale = '["x"]' where id = ${id}`;
    const denied = JSON.stringify(CONFIRMATION_IDS.map((question, at) => ({ question, accepted: at > 0 })));
    for (const attempt of [decide('[]', gate.gov.personId), decide(denied, gate.gov.personId), decide(six, people.systems_architect.personId), sql`update app.evolution set state = 'rejected', decided_by = ${gate.gov.personId}, decided_at = now() where id = ${id}`]) await expect(forge(attempt)).rejects.toMatchObject({ code: expect.any(String) });
    await expect(forge(sql`update app.evolution set state = 'proposed', decided_by = null where id = 'EVOLUTION-005'`)).rejects.toMatchObject({ code: expect.any(String) });
    await expect(forge(sql`update app.governance_review set verdict = 'recommended'`)).rejects.toMatchObject({ code: 'not_permitted' });
    await expect(forge(sql`insert into app.governance_review (id, kind, subject, version, sha256, role, verdict, notes, person_id) values (${uuidv7()}, 'evolution', ${id}, 1, ${Buffer.alloc(32)}, 'genesis', 'waived', 'x', ${gate.gov.personId})`)).rejects.toMatchObject({ code: expect.any(String) });
    await expect(forge(sql`insert into app.governance_review (id, kind, subject, version, sha256, role, verdict, notes, person_id) values (${uuidv7()}, 'evolution', ${id}, 1, ${Buffer.alloc(32)}, 'genesis', 'recommended', 'x', ${gate.gov.personId})`, 'gateway')).rejects.toMatchObject({ code: 'not_permitted' });
    expect(await gate.db.admin(`select state, answers from app.evolution where id = $1`, [id])).toEqual([{ state: 'proposed', answers: [] }]);
  });
});
