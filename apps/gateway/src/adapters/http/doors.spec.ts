import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { allRoutes, ArtifactId, GoalId, TaskId, TeamId, wireId, type Operation, type Route } from '@countersign/contracts';
import { expect } from 'expect';
import { Browser } from '../../testing/browser.js';
import { approvalOf, seedAgent, seedProposal, seedTeamOf, type SeededAgent, type SeededProposal } from '../../testing/seed-work.js';
import { startGateway, type Answer, type TestGateway } from '../../testing/start-gateway.js';

const AUTHORITIES = 'gov genesis architect guardian';
const EVERYBODY = 'asha ben gov genesis architect guardian ops';
const GOVERNORS = 'asha ben';

/** Who may knock at which door, written down by hand and compared with what the gateway does. Whose team it is comes after. */
const DOORS: Readonly<Record<Operation, string>> = {
  me: EVERYBODY,
  addPerson: 'gov',
  erasePerson: 'gov',
  listPeople: 'gov',
  listBundles: EVERYBODY,
  readBundle: EVERYBODY,
  listBundleVersions: 'gov',
  listBundleDrafts: 'gov',
  beginBundle: 'gov',
  beginBundleVersion: 'gov',
  readBundleDraft: 'gov',
  changeBundleDraft: 'gov',
  dropBundleDraft: 'gov',
  reviewBundle: 'gov',
  publishBundle: 'gov',
  rollBackBundle: 'gov',
  quote: EVERYBODY,
  hireTeam: GOVERNORS,
  listTeams: EVERYBODY,
  readTeam: EVERYBODY,
  readCertification: EVERYBODY,
  readCharter: EVERYBODY,
  reviewBundleVersion: AUTHORITIES,
  listBundleReviews: AUTHORITIES,
  proposeEvolution: AUTHORITIES,
  listEvolutions: AUTHORITIES,
  readEvolution: AUTHORITIES,
  reviewEvolution: AUTHORITIES,
  listEvolutionReviews: AUTHORITIES,
  confirmEvolution: 'gov',
  decideEvolution: AUTHORITIES,
  certifyTeam: 'genesis',
  rejectTeam: 'genesis',
  deployTeam: 'asha ben gov',
  suspendTeam: 'asha ben gov genesis ops',
  reactivateTeam: 'gov genesis',
  completeTeam: 'asha ben gov',
  dissolveTeam: 'gov genesis',
  cancelTeam: 'asha ben gov',
  archiveTeam: 'gov',
  promoteTeam: 'asha ben gov',
  extendTrial: 'asha ben gov',
  coordinateTeam: 'gov',
  handBackTeam: 'gov',
  revertTeam: 'asha ben gov',
  suspendMember: 'asha ben gov genesis',
  reinstateMember: 'genesis',
  replaceMember: 'genesis',
  addMember: 'asha ben gov genesis',
  removeMember: 'asha ben gov genesis',
  changeComposition: 'asha ben gov',
  recordIncident: 'asha ben gov guardian architect ops',
  listRecommendations: 'genesis',
  listEscalations: EVERYBODY,
  acknowledgeEscalation: EVERYBODY,
  resolveEscalation: EVERYBODY,
  readTrial: EVERYBODY,
  rateTeam: GOVERNORS,
  exportTeam: EVERYBODY,
  fanOut: 'asha ben gov ops',
  submitGoal: GOVERNORS,
  listGoals: EVERYBODY,
  readGoal: EVERYBODY,
  cancelGoal: 'asha ben gov ops',
  answerTask: 'asha ben gov',
  pauseGoal: 'asha ben gov ops',
  resumeGoal: 'asha ben gov ops',
  delegateGoal: 'asha ben gov',
  readBoard: EVERYBODY,
  orderBoard: GOVERNORS,
  setReviewers: GOVERNORS,
  addCard: GOVERNORS,
  assignCard: GOVERNORS,
  requestReview: GOVERNORS,
  startReview: GOVERNORS,
  approveCard: GOVERNORS,
  requestCardChanges: GOVERNORS,
  reopenCard: GOVERNORS,
  removeCard: GOVERNORS,
  readHistory: EVERYBODY,
  readCoordination: EVERYBODY,
  readWorkspace: EVERYBODY,
  addContext: GOVERNORS,
  readContext: EVERYBODY,
  putContext: GOVERNORS,
  readContextVersion: EVERYBODY,
  eraseContext: GOVERNORS,
  listMembers: EVERYBODY,
  readMemberLog: EVERYBODY,
  listMessages: EVERYBODY,
  sendMessage: GOVERNORS,
  putAttachment: GOVERNORS,
  readAttachment: EVERYBODY,
  eraseMessage: GOVERNORS,
  archiveMessages: GOVERNORS,
  interruptMember: GOVERNORS,
  askShutdown: GOVERNORS,
  endMember: GOVERNORS,
  listClarifications: EVERYBODY,
  answerClarification: 'asha ben',
  adoptMirror: GOVERNORS,
  listArtifacts: EVERYBODY,
  describeArtifact: EVERYBODY,
  putArtifact: GOVERNORS,
  readArtifact: EVERYBODY,
  eraseArtifact: GOVERNORS,
  readArtifactBase: EVERYBODY,
  listApprovals: EVERYBODY,
  readApproval: EVERYBODY,
  readManifest: EVERYBODY,
  readReceipt: EVERYBODY,
  listDecisions: EVERYBODY,
  decide: EVERYBODY,
  batchSync: EVERYBODY,
  undoDecision: EVERYBODY,
  challengeApproval: EVERYBODY,
  readThread: EVERYBODY,
  seeApproval: GOVERNORS,
  listAlerts: EVERYBODY,
  settleEffect: 'asha ben gov',
  readSpawnDecision: EVERYBODY,
  readPolicies: EVERYBODY,
  applyPolicies: 'gov',
  simulatePolicy: 'gov',
  traceSkill: 'gov',
  recallSkill: 'gov',
  liftRecall: 'gov',
  readPolicy: EVERYBODY,
  putPolicy: 'gov',
  dropPolicy: 'gov',
  createTemplate: 'gov',
  patchTemplate: 'gov',
  deleteTemplate: 'gov',
  registerDevice: EVERYBODY,
  listDevices: EVERYBODY,
  readDevice: EVERYBODY,
  removeDevice: EVERYBODY,
  loseDevice: EVERYBODY,
  subscribeDevice: EVERYBODY,
  renameDevice: EVERYBODY,
  testDevice: EVERYBODY,
  readPreferences: EVERYBODY,
  putPreferences: EVERYBODY,
  readReach: EVERYBODY,
  addKey: GOVERNORS,
  listKeys: EVERYBODY,
  vouchForKey: GOVERNORS,
  askPasskey: GOVERNORS,
  registerPasskey: GOVERNORS,
  readHelpdesk: EVERYBODY,
  askHelpdesk: GOVERNORS,
  openHelpdesk: 'gov',
  leaveNote: GOVERNORS,
  listNotes: EVERYBODY,
  readHandoff: EVERYBODY,
  raiseBudget: 'asha ben gov ops',
  listBudgets: EVERYBODY,
  listDenials: EVERYBODY,
  listEntries: EVERYBODY,
  readCheckpoint: EVERYBODY,
  readProof: EVERYBODY,
  exportChain: EVERYBODY,
  events: EVERYBODY,
  spawnAgent: 'asha ben gov ops',
  listInstances: EVERYBODY,
  readInstance: EVERYBODY,
  cancelInstance: 'asha ben gov ops',
  listAgentMissions: EVERYBODY,
  cancelAgentMission: 'asha ben gov ops',
  pauseAgentMission: 'asha ben gov ops',
  resumeAgentMission: 'asha ben gov ops',
  listGateApprovals: EVERYBODY,
  approveSpawn: 'asha ben gov',
  denySpawn: 'asha ben gov',
  approveTool: 'asha ben gov',
  denyTool: 'asha ben gov',
  approveBudget: 'asha ben gov',
  denyBudget: 'asha ben gov',
  listTemplates: EVERYBODY,
  readTemplate: EVERYBODY,
  createMission: GOVERNORS,
  listMissions: EVERYBODY,
  readMission: EVERYBODY,
  postMissionEvent: 'asha ben gov ops',
  listMissionEvents: EVERYBODY,
  agentEvents: EVERYBODY,
  allAgentEvents: EVERYBODY,
};

/** How somebody looks, and what a mail scanner, a browser or a proxy may add to it. */
const LOOKS: readonly (readonly [method: string, headers: Record<string, string>])[] = [
  ['GET', {}],
  ['HEAD', {}],
  ['OPTIONS', { 'access-control-request-method': 'POST', origin: 'https://evil.test' }],
  ['GET', { 'sec-purpose': 'prefetch;prerender', purpose: 'prefetch', 'x-moz': 'prefetch' }],
  ['GET', { 'x-http-method-override': 'POST', 'idempotency-key': 'looked', 'if-match': '"1"' }],
];

describe('the doors of the gateway', { concurrency: 1 }, () => {
  let gateway: TestGateway;
  let proposal: SeededProposal;
  let agent: SeededAgent;
  let approvalId: string;
  let deviceId: string;
  const fast = { burst: 10_000, perSecond: 10_000 };
  before(async () => {
    gateway = await startGateway({ personRate: fast, strangerRate: fast });
    proposal = await seedProposal(gateway.database, await seedTeamOf(gateway.database, 'asha'));
    approvalId = await approvalOf(gateway.database, proposal);
    agent = await seedAgent(gateway.database, proposal, proposal.goalId);
    deviceId = await gateway.device('asha');
  });
  after(() => gateway.close());

  const fill = (path: string, ids: Readonly<Record<string, string>>): string => path.replaceAll(/:(\w+)/g, (_, name: string) => ids[name] ?? '1');
  const existing = (route: Route): string =>
    fill(route.path, { teamId: proposal.teamId, memberId: proposal.memberId, contextId: proposal.taskId, goalId: proposal.goalId, taskId: proposal.taskId, artifactId: proposal.files[0]!.artifactId, version: '1', sha256: 'a'.repeat(64), questionId: proposal.taskId, messageId: proposal.taskId, bundleId: 'code-care', id: idFor(route.path) });
  const idFor = (path: string): string => {
    if (path.startsWith('/v1/devices')) return deviceId;
    if (path.startsWith('/v1/spawn-decisions/')) return agent.instanceId;
    if (path.startsWith('/agent-team/instance/')) return wireId('instance', agent.instanceId);
    if (path.startsWith('/agent-team/approvals/spawn/')) return wireId('spawnApproval', agent.spawnQuestion);
    if (path.startsWith('/agent-team/approvals/tool/')) return wireId('toolApproval', agent.toolQuestion);
    return /^\/(agent-team\/)?mission\//.test(path) ? proposal.goalId : approvalId;
  };
  const knock = async (persona: string | undefined, route: Route, address: string): Promise<Answer> => {
    if (route.media !== 'text/event-stream') return gateway.call(persona, route.method, address, route.method === 'POST' ? { body: route.path.startsWith('/v1/teams/:teamId/tasks/:taskId/') ? { round: 1 } : {} } : {});
    const stop = new AbortController();
    const token = persona === undefined ? '' : await gateway.token(persona);
    const { status, headers } = await fetch(`${gateway.url}${address}`, { signal: stop.signal, headers: token === '' ? {} : { authorization: `Bearer ${token}` } });
    stop.abort();
    return { status, headers, body: undefined, text: '' };
  };
  const codeOf = ({ body }: Answer): unknown => (body as { code?: string } | undefined)?.code?.toLowerCase();

  for (const [name, route] of allRoutes()) {
    it(`opens ${name} to ${DOORS[name]} and to nobody else`, async () => {
      expect((await knock(undefined, route, existing(route))).status).toBe(401);
      for (const persona of EVERYBODY.split(' ')) {
        const turnedAway = codeOf(await knock(persona, route, fill(route.path, {}))) === 'forbidden';
        expect({ persona, turnedAway }).toEqual({ persona, turnedAway: !DOORS[name].split(' ').includes(persona) });
      }
    });
  }

  /** A hash of every row of every table. */
  const everything = async (): Promise<Record<string, string>> => {
    const tables = await gateway.database.admin<{ name: string }>(`select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema') order by 1`);
    const hashes = tables.map(async ({ name }) => [name, (await gateway.database.admin<{ hash: string }>(`select count(*) || md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as hash from ${name} t`))[0]!.hash] as const);
    return Object.fromEntries(await Promise.all(hashes));
  };
  /** What the gateway has to do by itself, such as ringing, is done. */
  const still = async (): Promise<Record<string, string>> => {
    for (let [now, times] = [await everything(), 0]; ; times++) {
      await sleep(500);
      const next = await everything();
      if (isDeepStrictEqual(now, next)) return now;
      if (times > 40) throw new Error(`it does not come to rest: ${Object.keys(now).filter((name) => now[name] !== next[name]).join(', ')}`);
      now = next;
    }
  };
  /** The addresses of the web app's pages, as its router has them. */
  const pages = (): string[] =>
    [...readFileSync(join(import.meta.dirname, '../../../../../apps/web/src/router.tsx'), 'utf8').matchAll(/path: '([^']+)'/g)].map(([, path]) => path!.replaceAll(/\$(\w+)/g, (_, name: string) => ({ teamId: proposal.teamId, goalId: proposal.goalId, approvalId })[name] ?? '1'));

  describe('change nothing for who only looks: GET, HEAD, OPTIONS and a prefetch, by browser and by token', () => {
    let browser: Browser;
    before(async () => {
      browser = new Browser(gateway.url);
      await browser.signIn('asha');
      await browser.follow('/v1/me');
    });
    const look = async (address: string, method: string, headers: Record<string, string>): Promise<number> => {
      const stop = new AbortController();
      const answer = await fetch(`${gateway.url}${address}`, { method, headers, redirect: 'manual', signal: stop.signal });
      if (answer.headers.get('content-type')?.startsWith('text/event-stream')) stop.abort(); // it would not end
      else await answer.arrayBuffer();
      return answer.status;
    };
    /** Resolves with what was answered, and with what stood in the tables before and after. */
    const lookAt = async (addresses: readonly string[]): Promise<{ heads: number[]; before: Record<string, string>; now: Record<string, string> }> => {
      const [cookie, authorization] = [browser.header(), `Bearer ${await gateway.token('asha')}`];
      const before = await still();
      const looks = LOOKS.map(([method, headers]) => addresses.map((address) => () => look(address, method, { ...headers, cookie })));
      looks.push(addresses.map((address) => () => look(`${address}${address.includes('?') ? '&' : '?'}decision=approve&_method=POST`, 'GET', { authorization })));
      const heads: number[] = [];
      const left = looks.flat();
      const worker = async (): Promise<void> => {
        for (let go = left.pop(); go; go = left.pop()) heads.push(await go());
      };
      await Promise.all(Array.from({ length: 8 }, worker));
      return { heads, before, now: await still() };
    };

    it('at every address', async () => {
      const addresses = [...new Set([...pages(), ...allRoutes().map(([, route]) => existing(route)), '/docs', '/openapi.json', '/healthz', '/metrics', '/dev/push', '/dev/mailbox'])];
      expect(pages().length).toBeGreaterThan(5);
      const { heads, before, now } = await lookAt(addresses);
      expect([heads.filter((status) => status === 200).length > addresses.length, heads.includes(500)]).toEqual([true, false]);
      expect(now).toEqual(before);
    });

    it('at those of signing in, but for what notes that somebody has begun to', async () => {
      const begins = new URLSearchParams({ client_id: 'web', response_type: 'code', redirect_uri: `${gateway.url}/auth/callback`, scope: 'openid profile', code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' });
      const issuer = ['auth', `auth?${begins}`, 'auth/1', 'personas/1', 'token', 'me', 'jwks', '.well-known/openid-configuration'].map((path) => `/oidc/${path}`);
      const noted = 'app.oidc_record';
      const kinds = async (): Promise<Record<string, string>> => Object.fromEntries((await gateway.database.admin<{ kind: string; hash: string }>(`select kind, md5(string_agg(r::text, '|' order by r::text)) as hash from ${noted} r group by 1`)).map(({ kind, hash }) => [kind, hash]));
      const were = await kinds();
      const { heads, before, now } = await lookAt(['/auth/login', `/auth/login?return=/a/${approvalId}`, '/auth/callback', '/auth/callback?code=1&state=2', '/auth/logout', '/oidc', ...issuer]);
      expect([heads.includes(302), heads.includes(500), now[noted] === before[noted]]).toEqual([true, false, false]);
      expect({ ...now, [noted]: '' }).toEqual({ ...before, [noted]: '' });
      const changed = Object.entries(await kinds()).filter(([kind, hash]) => were[kind] !== hash).map(([kind]) => kind);
      // what the local issuer keeps of whoever is signed in at it; nothing that lets anybody in here
      expect(changed.filter((kind) => !['AuthorizationCode', 'Grant', 'Interaction', 'Session', 'WebLogin'].includes(kind))).toEqual([]);
    });
  });

  it("answers a stranger's id exactly as an id that does not exist, also in its headers", async () => {
    const unknown = { teamId: TeamId.next(), memberId: TeamId.next(), contextId: TeamId.next(), goalId: GoalId.next(), taskId: TaskId.next(), artifactId: ArtifactId.next(), id: GoalId.next(), version: '1', sha256: 'b'.repeat(64), messageId: TaskId.next(), questionId: TaskId.next() };
    const named = allRoutes().filter(([name, { path, roles }]) => /:(teamId|id)\b/.test(path) && name !== 'readTemplate' && (roles === 'signed-in' || roles.includes('customer_governor')));
    for (const [name, route] of named) {
      const [foreign, absent] = [await knock('ben', route, existing(route)), await knock('ben', route, fill(route.path, unknown))];
      // the original's refusals repeat the id that was asked for
      const repeated = ['instanceID', 'approvalID', 'missionID'].filter((member) => member in (foreign.body as object)).map((member) => [member, '']);
      const shape = ({ status, headers, body }: Answer) => ({ name, status, body: { ...(body as object), ...Object.fromEntries(repeated), requestId: '' }, headers: [...headers].filter(([header]) => !['x-request-id', 'date', 'content-length'].includes(header)) });
      expect(shape(foreign)).toEqual(shape(absent));
      if (!['decide', 'seeApproval', 'settleEffect', 'askHelpdesk', 'submitGoal', 'answerTask', 'suspendTeam', 'pauseGoal', 'fanOut', 'delegateGoal', 'addCard', 'assignCard', 'orderBoard', 'setReviewers', 'addContext', 'putContext', 'putArtifact', 'sendMessage', 'archiveMessages', 'interruptMember', 'askShutdown', 'answerClarification', 'raiseBudget', 'postMissionEvent', 'subscribeDevice', 'renameDevice', 'addKey', 'vouchForKey', 'rateTeam', 'recordIncident', 'changeComposition', 'resolveEscalation', 'leaveNote'].includes(name)) expect({ name, status: foreign.status }).toEqual({ name, status: 404 });
    }
  });

  it("does not hide a stranger's id behind a valid request either", async () => {
    const body = { decision: 'approve', digest: 'a'.repeat(64) };
    for (const id of [approvalId, GoalId.next()]) {
      expect(await gateway.call('ben', 'POST', `/v1/approvals/${id}/decision`, { body, headers: { 'if-match': '"1"' } })).toMatchObject({ status: 404, body: { code: 'not_found', detail: 'approval not found' } });
      expect(await gateway.call('ben', 'POST', `/v1/approvals/${id}/seen`, { body: { digest: body.digest } })).toMatchObject({ status: 404, body: { code: 'not_found', detail: 'approval not found' } });
      expect(await gateway.call('ben', 'POST', `/v1/approvals/${id}/effect/settle`, { body: { outcome: 'look' } })).toMatchObject({ status: 404, body: { code: 'not_found', detail: 'approval not found' } });
    }
    for (const verb of ['suspend', `goals/${proposal.goalId}/pause`]) expect(await gateway.call('ben', 'POST', `/v1/teams/${proposal.teamId}/${verb}`, { body: { reason: 'because' } })).toMatchObject({ status: 404 });
    for (const teamId of [proposal.teamId, TeamId.next()]) expect(await gateway.call('ben', 'POST', `/v1/teams/${teamId}/fanout`, { body: { places: 1 } })).toMatchObject({ status: 404, body: { code: 'not_found', detail: 'team not found' } });
    expect(await gateway.call('ben', 'POST', `/v1/teams/${proposal.teamId}/rating`, { body: { stars: 5 } })).toMatchObject({ status: 404 });
    expect(await gateway.call('ben', 'POST', `/v1/teams/${proposal.teamId}/goals/${proposal.goalId}/delegate`, { body: { workers: 1 } })).toMatchObject({ status: 404 });
  });

  it("does not show one team's goal or artifact under another team of one's own", async () => {
    const other = await seedTeamOf(gateway.database, 'ben');
    for (const address of [`goals/${proposal.goalId}`, `artifacts/${proposal.files[0]!.artifactId}/versions/1/content`]) expect((await gateway.call('ben', 'GET', `/v1/teams/${other.teamId}/${address}`)).status).toBe(404);
  });

  it('shows platform staff that work exists, not what it says', async () => {
    const [file] = proposal.files;
    const content = `/v1/teams/${proposal.teamId}/artifacts/${file!.artifactId}/versions/1/content`;
    const told = async (persona: string, address: string): Promise<string[]> => {
      const text = JSON.stringify((await gateway.call(persona, 'GET', address)).body);
      return [file!.path, file!.sha256, file!.artifactId, 'countersign/demo', '/srv/demo.git'].filter((secret) => text.includes(secret));
    };
    for (const persona of ['gov', 'genesis', 'architect', 'guardian', 'ops']) {
      expect(await gateway.call(persona, 'GET', `/v1/approvals/${approvalId}`)).toMatchObject({ status: 200, body: { state: 'pending', title: 'Push to a branch', agentSays: '', sent: null, artifacts: [], checks: [{ criterion: 'parses', passed: true, outputTail: '' }] } });
      for (const address of [`/v1/approvals/${approvalId}`, '/v1/approvals']) expect([persona, address, await told(persona, address)]).toEqual([persona, address, []]);
      expect(await gateway.call(persona, 'GET', `/v1/approvals/${approvalId}/manifest`)).toMatchObject({ status: 403, body: { code: 'content_not_yours' } });
      expect(await gateway.call(persona, 'GET', content)).toMatchObject({ status: 403, body: { code: 'content_not_yours' } });
      expect(await gateway.call(persona, 'GET', `/v1/teams/${proposal.teamId}/helpdesk/messages`)).toMatchObject({ status: 403 });
    }
    expect((await gateway.call('asha', 'GET', content)).status).toBe(200);
    expect(await told('asha', `/v1/approvals/${approvalId}`)).toHaveLength(5);
    expect(await told('asha', '/v1/approvals')).toEqual(['countersign/demo']);
    expect((await gateway.call('asha', 'GET', `/v1/approvals/${approvalId}/manifest`)).status).toBe(200);
    expect(await gateway.call('asha', 'GET', `/v1/approvals/${approvalId}`)).toMatchObject({ body: { agentSays: expect.stringMatching(/./), checks: [{ outputTail: 'ok 1' }] } });
  });

  it('withholds from platform staff every word of agents and repositories, wherever work is shown', async () => {
    const words = { note: 'the goal stands still: npm ERR secret-in-output', notes: 'its output ends: secret-in-output', progress: 'reading secret-in-output' };
    await gateway.database.admin(`update app.goal set note = $2 where id = $1`, [proposal.goalId, words.note]);
    await gateway.database.admin(`update app.task set notes = $2 where id = $1`, [proposal.taskId, JSON.stringify([words.notes])]);
    await gateway.database.admin(`update app.worker_run set progress = $2 where task_id = $1`, [proposal.taskId, words.progress]);
    const secret = { said: 'secret-in-output', at: { deep: 'secret-in-output' }, list: ['secret-in-output'], reason: 'secret-in-output', justification: 'secret-in-output', error: 'secret-in-output' };
    const [held] = await gateway.database.admin<{ title: string }>(`update app.task set detail = 'secret-in-output', metadata = $2, artifact_refs = '["secret-in-output"]' where id = $1 returning title`, [proposal.taskId, secret]);
    await gateway.database.admin(`update app.goal set spec = $2 where id = $1`, [proposal.goalId, { metadata: secret }]);
    await gateway.database.admin(`insert into app.mission_event (team_id, goal_id, seq, event_key, type, body, actor) values ($1, $2, 1, 'k', 'run_finished', $3, 'person')`, [proposal.teamId, proposal.goalId, { type: 'run_finished', mission_id: proposal.goalId, run_id: 'r-1', ...secret, artifact_refs: ['secret-in-output'] }]);
    const made = { run_id: wireId('run', agent.instanceId), approval_id: approvalId, work_item_id: proposal.taskId };
    const posted = (event: object, seq: number) => gateway.database.admin(`insert into app.mission_event (team_id, goal_id, seq, event_key, type, body, actor) values ($1, $2, $3::int, 'k' || $3, 'run_finished', $4, 'person')`, [proposal.teamId, proposal.goalId, seq, { type: 'run_finished', mission_id: proposal.goalId, ...event }]);
    await posted({ ...made, status: 'Passed' }, 2);
    await posted({ run_id: 'secret-in-output', approval_id: `run_secret-in-output${agent.instanceId}`, work_item_id: 'secret-in-output', status: 'secret-in-output', tool: 'secret-in-output', phase: 'secret-in-output' }, 3);
    await gateway.database.admin(`update app.instance set justification = 'secret-in-output' where id = $1`, [agent.instanceId]);
    await gateway.database.admin(`insert into app.capability_denial (team_id, id, instance_id, code, tool, reason, what) values ($1, $2, $2, 'path_outside_scope', 'read', 'secret-in-output', 'secret-in-output')`, [proposal.teamId, agent.instanceId]);
    await gateway.database.admin(`update app.gate_approval set request = request || $2, reason = case kind when 'tool' then 'secret-in-output' else reason end where instance_id = $1`, [agent.instanceId, { args: secret, shown: { role: 'worker', templateId: null, justification: 'secret-in-output' } }]);
    const team = `/v1/teams/${proposal.teamId}`;
    const missions = [`/mission`, `/mission/${proposal.goalId}`, `/mission/${proposal.goalId}/events`];
    const agents = ['/agent-team/instances', `/agent-team/instance/${wireId('instance', agent.instanceId)}`];
    const questions = '/agent-team/approvals';
    const addresses = [team, `${team}/goals`, `${team}/goals/${proposal.goalId}`, `${team}/board`, '/v1/approvals', `/v1/approvals/${approvalId}`, '/v1/denials', '/v1/me', '/v1/teams', ...missions, ...agents, '/agent-team/missions', questions];
    const told = async (persona: string) => {
      const answers = await Promise.all(addresses.map((address) => gateway.call(persona, 'GET', address)));
      expect(answers.map(({ status }) => status)).toEqual(addresses.map(() => 200));
      return addresses.filter((_, index) => JSON.stringify(answers[index]!.body).includes('secret-in-output'));
    };
    for (const persona of ['genesis', 'architect', 'guardian', 'ops']) expect([persona, await told(persona)]).toEqual([persona, []]);
    // who may answer a question of the gate must know what it says
    expect(await told('gov')).toEqual([questions]);
    expect(await told('asha')).toEqual([team, `${team}/goals`, `${team}/goals/${proposal.goalId}`, '/v1/denials', ...missions, ...agents, questions]);
    expect((await gateway.call('ops', 'GET', missions[1]!)).body).toMatchObject({ mission: { mission_id: proposal.goalId, work_items: [{ title: held!.title, artifact_refs: [] }] } });
    expect((await gateway.call('ops', 'GET', missions[2]!)).body).toMatchObject({
      count: 3,
      events: [{ event: { type: 'run_finished', mission_id: proposal.goalId } }, { event: { type: 'run_finished', mission_id: proposal.goalId, ...made, status: 'Passed' } }, { event: { type: 'run_finished', mission_id: proposal.goalId } }],
    });
    expect((await gateway.call('ops', 'GET', '/v1/denials')).body).toMatchObject({ items: expect.arrayContaining([expect.objectContaining({ code: 'path_outside_scope', what: 'read', reason: '' })]) });
    const { body } = await gateway.call('ops', 'GET', `${team}/goals/${proposal.goalId}`);
    expect(body).toMatchObject({ id: proposal.goalId, note: '', tasks: [{ id: proposal.taskId, state: 'done', notes: [], progress: '', criteria: [{ passed: true }] }] });
  });

  it('takes no word of the body for who somebody is', async () => {
    const body = { name: 'x', platform: 'cli', address: 'x', personId: proposal.memberId, customerId: proposal.teamId };
    expect(await gateway.call('ben', 'POST', '/v1/devices', { body })).toMatchObject({ status: 422, body: { code: 'invalid_input' } });
  });

  it('forgets a role at once when it is taken away', async () => {
    await gateway.database.admin(`update app.person set roles = '{}' where login = 'guardian'`);
    await gateway.database.admin(`update app.person set roles = '{}' where login = 'genesis'`);
    expect((await gateway.call('genesis', 'POST', `/v1/teams/${proposal.teamId}/certify`, { body: {} })).status).toBe(403);
    expect((await gateway.call('guardian', 'GET', `/v1/teams/${proposal.teamId}`)).status).toBe(404);
  });
});
