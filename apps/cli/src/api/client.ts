import { createHash, randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  Actor, AddCardBody, AddPersonBody, ArtifactSummary, AgentInstanceList, AnswerTaskBody, ApplyPoliciesBody, ApprovalChallenge, ApproverKeyView, ApprovalDetail, ApprovalSummary, ApprovalThread, AuditEntryView, AuditProofQuery, AuditProofView, Board, BundleDetail, CardMoved, BundleDraftBody, BundleDraftView, BundlePublished, BundleSummary, DraftSummary, RollBackBundleBody, CheckpointView, CoordinationView, RecommendationList, ClarificationView, MemberEnded, ShutdownBody, Created, DecideBody, DecisionRecorded, DelegatedView, EnrolKeyBody, GoalDetail, GoalSummary, DecisionUndone, AddContextBody, ContextDetail, ContextVersionDetail, Workspace, Archived, AttachmentStored, InterruptBody, Interrupted, MemberList, MemberLog, MemberMessageView, SendMessageBody, 
  CertificationView, ConfirmEvolutionBody, DecideEvolutionBody, EvolutionProposal, EvolutionView, ReviewBody, ReviewList,
  AdoptedMirror, ReachView, ErasedPerson, ErasePersonBody, ApprovalGiven, ApprovalQueue, ApprovalRefused, EffectSettled, InstanceStopped, Me, OrderBody, PersonView, PlacesView, PoliciesApplied, PoliciesView, QuoteBody, QuoteView, RecallBody, SettleEffectBody, SimulateBody, Simulation, SkillTrace, SpawnAnswer, SpawnBody, SpawnDecisionView, SubmitGoalBody, TaskHistory, TeamDetail, TeamMode, TeamStanding, TeamSummary, TrialView, EscalationStanding, EscalationView, HandoffPacket, HelpdeskNote, RecordIncidentBody, 
} from '@countersign/contracts';
import { ApiError, UnreachableError, type ProblemBody } from './api-error.js';
import type { Credential } from './credential.js';

const ANSWER_MS = 30_000;
/** What concerns every team: the gateway itself waits a minute for it. */
const LONG_ANSWER_MS = 75_000;
/** Without a byte for so long, a stream has broken off. */
const SILENCE_MS = 30_000;
/** Delays before a POST is sent again, for as long as a gateway takes to start. */
const REPEATS_MS = [200, 800, 2_000] as const;

interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

/** An answer together with the version that a decision on it must name. */
export interface Versioned<T> {
  readonly value: T;
  readonly etag: string;
}

export interface ClientOptions {
  readonly url: string;
  readonly credential: Credential;
  /** For repeating a POST whose answer was lost; a fresh one per POST otherwise. */
  readonly idempotencyKey?: string | undefined;
}

/** What the gate's questions are about, and what a person says to one. */
export type QuestionKind = 'spawn' | 'tool' | 'budget';
export type GateWord = 'approve' | 'deny';

/** How one request differs from the usual. */
interface Manner {
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string | undefined;
  readonly limitMs?: number;
}
type Maybe<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Verbs of a team's life as their routes are called. */
export type TeamVerb = 'certify' | 'reject' | 'deploy' | 'suspend' | 'reactivate' | 'complete' | 'dissolve' | 'cancel' | 'archive' | 'promote' | 'extend' | 'coordinate' | 'hand-back' | 'revert';

/** The gateway's outward API (docs/interface.md §3), as one person. Rejects with `ApiError` or `UnreachableError`. */
export class ApiClient {
  constructor(private readonly options: ClientOptions) {}

  get url(): string {
    return this.options.url;
  }

  /** The key of one deed, for all its requests: the one that a person repeats it with, or a new one. */
  deedKey(): string {
    return this.options.idempotencyKey ?? randomUUID();
  }

  me = (): Promise<Me> => this.get('/v1/me');

  people = (): Promise<PersonView[]> => this.all('/v1/people');
  erasePerson = (id: string, body: ErasePersonBody): Promise<ErasedPerson> => this.post(`/v1/people/${id}/erase`, body);
  addPerson = (body: AddPersonBody): Promise<Created> => this.post('/v1/people', body);

  bundles = (): Promise<BundleSummary[]> => this.all('/v1/bundles');
  bundle = (id: string): Promise<BundleDetail> => this.get(bundlePath(id));

  bundleDrafts = (): Promise<DraftSummary[]> => this.all('/v1/bundle-drafts');
  bundleDraft = (id: string): Promise<Versioned<BundleDraftView>> => this.versioned(`${bundlePath(id)}/draft`);
  beginBundle = (body: BundleDraftBody): Promise<BundleDraftView> => this.post('/v1/bundles', body);
  changeBundleDraft = (id: string, body: BundleDraftBody, etag: string): Promise<BundleDraftView> =>
    this.put(`${bundlePath(id)}/draft`, body, { 'if-match': etag });
  dropBundleDraft = (id: string, etag: string): Promise<unknown> => this.send('DELETE', `${bundlePath(id)}/draft`, (response) => response.arrayBuffer(), { headers: { 'if-match': etag } });
  reviewBundle = (id: string, etag: string): Promise<BundleDraftView> => this.post(`${bundlePath(id)}/review`, {}, { headers: { 'if-match': etag } });
  publishBundle = (id: string, comment: string, etag: string): Promise<BundlePublished> => this.post(`${bundlePath(id)}/publish`, { comment }, { headers: { 'if-match': etag } });
  rollBackBundle = (id: string, body: RollBackBundleBody): Promise<BundlePublished> => this.post(`${bundlePath(id)}/rollback`, body);
  certification = (teamId: string): Promise<CertificationView> => this.get(`/v1/teams/${teamId}/certification`);
  /** `subject`: the path of a bundle's version or of an evolution. */
  recordReview = (subject: string, body: ReviewBody): Promise<Created> => this.post(`${subject}/reviews`, body);
  reviews = (subject: string): Promise<ReviewList> => this.get(`${subject}/reviews`);
  evolutions = (): Promise<EvolutionView[]> => this.all('/v1/evolutions');
  evolution = (id: string): Promise<EvolutionView> => this.get(`/v1/evolutions/${encodeURIComponent(id)}`);
  proposeEvolution = (proposal: EvolutionProposal): Promise<EvolutionView> => this.post('/v1/evolutions', { proposal });
  confirmEvolution = (id: string, body: ConfirmEvolutionBody): Promise<EvolutionView> => this.post(`/v1/evolutions/${encodeURIComponent(id)}/answers`, body);
  decideEvolution = (id: string, body: DecideEvolutionBody): Promise<EvolutionView> => this.post(`/v1/evolutions/${encodeURIComponent(id)}/decision`, body);
  quote = (body: QuoteBody): Promise<QuoteView> => this.post('/v1/pricing/quote', body);

  teams = (): Promise<TeamSummary[]> => this.all('/v1/teams');
  recommendations = (): Promise<RecommendationList> => this.get('/v1/recommendations');
  coordination = (id: string): Promise<CoordinationView> => this.get(`/v1/teams/${id}/coordination`);
  team = (id: string): Promise<TeamDetail> => this.get(`/v1/teams/${id}`);
  /** In the version that the person was shown, at its price: once another took its place it is refused. */
  hire = ({ id, version }: BundleSummary, mode: TeamMode): Promise<Created> => this.post('/v1/teams', { bundleId: id, bundleVersion: version, mode });
  moveTeam = (id: string, verb: TeamVerb, reason: string | undefined): Promise<TeamStanding> => this.post(`/v1/teams/${id}/${verb}`, reason === undefined ? {} : { reason });

  escalations = (resolved: boolean): Promise<EscalationView[]> => this.all(`/v1/escalations${resolved ? '?show=resolved' : ''}`);
  acknowledge = (id: string): Promise<EscalationStanding> => this.post(`/v1/escalations/${id}/acknowledge`, {});
  resolve = (id: string, resolution: string): Promise<EscalationStanding> => this.post(`/v1/escalations/${id}/resolve`, { resolution });
  recordIncident = (teamId: string, body: RecordIncidentBody): Promise<Created> => this.post(`/v1/teams/${teamId}/incidents`, body);
  replaceMember = (teamId: string, memberId: string, reason: string): Promise<Created> => this.post(`/v1/teams/${teamId}/members/${memberId}/replace`, { reason });
  steerMember = (teamId: string, memberId: string, verb: 'suspend' | 'reinstate', reason: string): Promise<TeamStanding> => this.post(`/v1/teams/${teamId}/members/${memberId}/${verb}`, { reason });
  openHelpdesk = (id: string, reason: string): Promise<TeamStanding> => this.post(`/v1/teams/${id}/helpdesk/open`, { reason });
  handoff = (id: string): Promise<HandoffPacket> => this.get(`/v1/teams/${id}/helpdesk/handoff`);
  notes = (id: string): Promise<HelpdeskNote[]> => this.all(`/v1/teams/${id}/helpdesk/notes`);
  leaveNote = (id: string, text: string): Promise<Created> => this.post(`/v1/teams/${id}/helpdesk/notes`, { text });
  trial = (id: string): Promise<TrialView> => this.get(`/v1/teams/${id}/trial`);
  rateTeam = (id: string, stars: number): Promise<unknown> => this.send('POST', `/v1/teams/${id}/rating`, (response) => response.arrayBuffer(), { body: JSON.stringify({ stars }), headers: { 'idempotency-key': randomUUID() } });
  /** Everything that the team has made, as a tar archive. */
  teamExport = (id: string): Promise<Buffer> => this.bytes(`/v1/teams/${id}/export`);

  /** The newest first; of a team with very many only the `most` newest, where that is said. */
  goals = (teamId: string, most?: number): Promise<GoalSummary[]> => this.all(`/v1/teams/${teamId}/goals`, most);
  goal = (teamId: string, goalId: string): Promise<GoalDetail> => this.get(`/v1/teams/${teamId}/goals/${goalId}`);
  submitGoal = (teamId: string, body: SubmitGoalBody, key: string): Promise<Created> => this.post(`/v1/teams/${teamId}/goals`, body, { key });
  cancelGoal = (teamId: string, goalId: string, reason: string | undefined): Promise<{ state: string }> =>
    this.post(`/v1/teams/${teamId}/goals/${goalId}/cancel`, reason === undefined ? {} : { reason });
  pauseGoal = (teamId: string, goalId: string, reason: string): Promise<{ state: string }> => this.post(`/v1/teams/${teamId}/goals/${goalId}/pause`, { reason });
  resumeGoal = (teamId: string, goalId: string): Promise<{ state: string }> => this.post(`/v1/teams/${teamId}/goals/${goalId}/resume`, {});
  answerTask = (teamId: string, goalId: string, taskId: string, body: AnswerTaskBody): Promise<{ state: string }> => this.post(`/v1/teams/${teamId}/goals/${goalId}/tasks/${taskId}/answer`, body);
  board = (teamId: string): Promise<Versioned<Board>> => this.versioned(`/v1/teams/${teamId}/board`);
  taskHistory = (teamId: string, taskId: string): Promise<TaskHistory> => this.get(`/v1/teams/${teamId}/tasks/${taskId}/history`);
  addCard = (teamId: string, body: AddCardBody, key = this.deedKey()): Promise<Created> => this.post(`/v1/teams/${teamId}/tasks`, body, { key });
  moveCard = (teamId: string, taskId: string, verb: string, body: object): Promise<CardMoved> => this.post(`/v1/teams/${teamId}/tasks/${taskId}/${verb}`, body);
  workspace = (teamId: string): Promise<Workspace> => this.get(`/v1/teams/${teamId}/workspace`);
  shared = (teamId: string, id: string): Promise<Versioned<ContextDetail>> => this.versioned(`/v1/teams/${teamId}/workspace/${id}`);
  share = (teamId: string, body: AddContextBody): Promise<Created> => this.post(`/v1/teams/${teamId}/workspace`, body);
  writeShared = (teamId: string, id: string, content: string, etag: string, overwrite: boolean): Promise<ContextDetail> => this.put(`/v1/teams/${teamId}/workspace/${id}${overwrite ? '?overwrite=true' : ''}`, { content }, { 'if-match': etag });
  sharedVersion = (teamId: string, id: string, version: string): Promise<ContextVersionDetail> => this.get(`/v1/teams/${teamId}/workspace/${id}/versions/${version}`);
  files = (teamId: string): Promise<ArtifactSummary[]> => this.all(`/v1/teams/${teamId}/artifacts?kind=file`);
  eraseFile = (teamId: string, id: string, version: string): Promise<unknown> => this.send('DELETE', `/v1/teams/${teamId}/artifacts/${id}/versions/${version}/content`, (response) => response.arrayBuffer());
  eraseShared = (teamId: string, id: string, version: string): Promise<unknown> => this.send('DELETE', `/v1/teams/${teamId}/workspace/${id}/versions/${version}`, (response) => response.arrayBuffer());
  members = (teamId: string): Promise<MemberList> => this.get(`/v1/teams/${teamId}/members`);
  memberLog = (teamId: string, memberId: string, wanted: { task?: string; limit?: string }): Promise<MemberLog> => this.get(`/v1/teams/${teamId}/members/${memberId}/log${query(wanted)}`);
  messages = (teamId: string, wanted: { member?: string; archived?: string }): Promise<MemberMessageView[]> => this.all(`/v1/teams/${teamId}/messages${query(wanted)}`);
  sendMessage = (teamId: string, body: SendMessageBody, key = this.deedKey()): Promise<Created> => this.post(`/v1/teams/${teamId}/messages`, body, { key });
  putAttachment = async (teamId: string, bytes: Uint8Array): Promise<AttachmentStored> => {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return this.send('PUT', `/v1/teams/${teamId}/attachments/${sha256}`, async (response) => (await response.json()) as AttachmentStored, { headers: { 'content-type': 'application/octet-stream' }, body: bytes });
  };
  eraseMessage = (teamId: string, messageId: string): Promise<void> => this.send('DELETE', `/v1/teams/${teamId}/messages/${messageId}`, () => Promise.resolve());
  archiveMessages = (teamId: string, upTo: number): Promise<Archived> => this.post(`/v1/teams/${teamId}/messages/archive`, { upTo });
  clarifications = (teamId: string, wanted: { open?: string }): Promise<ClarificationView[]> => this.all(`/v1/teams/${teamId}/clarifications${query(wanted)}`);
  answerClarification = (teamId: string, questionId: string, text: string, key = this.deedKey()): Promise<Created> => this.post(`/v1/teams/${teamId}/clarifications/${questionId}/answer`, { text }, { key });
  askShutdown = (teamId: string, memberId: string, body: ShutdownBody): Promise<Created> => this.post(`/v1/teams/${teamId}/members/${memberId}/shutdown`, body);
  endMember = (teamId: string, memberId: string): Promise<MemberEnded> => this.post(`/v1/teams/${teamId}/members/${memberId}/shutdown/stop`, {});
  interrupt = (teamId: string, memberId: string, body: InterruptBody, key = this.deedKey()): Promise<Interrupted> => this.post(`/v1/teams/${teamId}/members/${memberId}/interrupt`, body, { key });
  orderBoard = (teamId: string, body: OrderBody, etag: string): Promise<Board> => this.put(`/v1/teams/${teamId}/board/order`, body, { 'if-match': etag });
  setReviewers = (teamId: string, reviewers: Actor[], version: number): Promise<Board> => this.put(`/v1/teams/${teamId}/board/reviewers`, { reviewers }, { 'if-match': `"${version}"` });
  adoptMirror = (mirror: string, remote: string, key: string): Promise<AdoptedMirror> => this.post('/v1/mirrors', { mirror, remote }, { key });

  approvals = (state: string | undefined): Promise<ApprovalSummary[]> => this.all(`/v1/approvals${state === undefined ? '' : `?state=${encodeURIComponent(state)}`}`);
  approval = (id: string): Promise<Versioned<ApprovalDetail>> => this.versioned(`/v1/approvals/${id}`);
  /** The manifest byte for byte as it was hashed. */
  manifest = (id: string): Promise<Buffer> => this.bytes(`/v1/approvals/${id}/manifest`);
  /** The receipt of its newest decision, or of the one named, as a file. */
  receipt = (id: string, decision?: string): Promise<Buffer> => this.bytes(`/v1/approvals/${id}/receipt${decision === undefined ? '' : `?decision=${encodeURIComponent(decision)}`}`);
  decide = (id: string, body: DecideBody, etag: string): Promise<DecisionRecorded> => this.post(`/v1/approvals/${id}/decision`, body, { headers: { 'if-match': etag } });
  reach = (id: string): Promise<ReachView> => this.get(`/v1/approvals/${id}/reach`);
  thread = (id: string): Promise<ApprovalThread> => this.get(`/v1/approvals/${id}/thread`);
  settleEffect = (id: string, body: SettleEffectBody): Promise<EffectSettled> => this.post(`/v1/approvals/${id}/effect/settle`, body);
  /** Binds this session to a device; a decision says on which device it was made. */
  registerDevice = (name: string, address: string): Promise<Created> => this.post('/v1/devices', { name, platform: 'cli', address });
  addKey = (deviceId: string, body: EnrolKeyBody): Promise<ApproverKeyView> => this.post(`/v1/devices/${deviceId}/keys`, body);
  undo = (id: string): Promise<DecisionUndone> => this.post(`/v1/approvals/${id}/decision/undo`, {});
  challenge = (id: string): Promise<ApprovalChallenge> => this.post(`/v1/approvals/${id}/challenge`, {});
  bytes = (path: string): Promise<Buffer> => buffer(this.stream(path));

  agents = (wanted: { team?: string | undefined; missionID?: string | undefined; status?: string | undefined }): Promise<AgentInstanceList> => this.get(`/agent-team/instances${query(wanted)}`);
  spawnAgent = ({ role, justification, ...wish }: Pick<SpawnBody, 'role' | 'justification'> & Maybe<SpawnBody>, team: string | undefined): Promise<SpawnAnswer> => this.post(`/agent-team/spawn${query({ team })}`, { role, justification, ...wish });
  delegateGoal = (teamId: string, goalId: string, workers: number): Promise<DelegatedView> => this.post(`/v1/teams/${teamId}/goals/${goalId}/delegate`, { workers });
  fanOut = (teamId: string, places: number): Promise<PlacesView> => this.post(`/v1/teams/${teamId}/fanout`, { places });
  cancelAgent = (id: string, reason: string | undefined): Promise<InstanceStopped> => this.post(`/agent-team/instance/${encodeURIComponent(id)}/cancel`, { reason });
  questions = (team: string | undefined): Promise<ApprovalQueue> => this.get(`/agent-team/approvals${query({ team })}`);
  answerQuestion = (kind: QuestionKind, id: string, word: GateWord, reason: string | undefined): Promise<Pick<ApprovalGiven, 'approvalID' | 'instanceID'> & Pick<ApprovalGiven | ApprovalRefused, 'decision'>> =>
    this.post(`/agent-team/approvals/${kind}/${encodeURIComponent(id)}/${word}`, { reason });

  spawnDecision = (id: string): Promise<SpawnDecisionView> => this.get(`/v1/spawn-decisions/${id}`);
  /** Everything that is known of it, page after page. */
  async skill(sha256: string): Promise<SkillTrace> {
    const trace: SkillTrace = await this.get(`/v1/skills/${sha256}`);
    const { instances, outputs } = trace;
    while (instances.nextCursor !== null || outputs.nextCursor !== null) {
      const next: SkillTrace = await this.get(`/v1/skills/${sha256}${query({ instances: instances.nextCursor ?? undefined, outputs: outputs.nextCursor ?? undefined })}`);
      if (instances.nextCursor !== null) instances.newest.push(...next.instances.newest);
      if (outputs.nextCursor !== null) outputs.newest.push(...next.outputs.newest);
      instances.nextCursor &&= next.instances.nextCursor;
      outputs.nextCursor &&= next.outputs.nextCursor;
    }
    return trace;
  }
  recallSkill = (body: RecallBody): Promise<SkillTrace> => this.post('/v1/skills/recalls', body, { limitMs: LONG_ANSWER_MS });
  liftRecall = (body: RecallBody): Promise<SkillTrace> => this.post('/v1/skills/recalls/lift', body, { limitMs: LONG_ANSWER_MS });
  policies = (): Promise<PoliciesView> => this.get('/v1/policies');
  applyPolicies = (body: ApplyPoliciesBody, revision: number): Promise<PoliciesApplied> => this.post('/v1/policies/apply', body, { headers: { 'if-match': `"${revision}"` } });
  simulate = (body: SimulateBody): Promise<Simulation> => this.post('/v1/policies/simulate', body, { limitMs: LONG_ANSWER_MS });

  entries = (teamId: string, after: number, limit = 500): Promise<Page<AuditEntryView>> => this.get(`/v1/audit/${teamId}/entries?after=${after}&limit=${limit}`);
  proof = (teamId: string, asked: Maybe<AuditProofQuery>): Promise<AuditProofView> =>
    this.get(`/v1/audit/${teamId}/proof?${new URLSearchParams(Object.entries(asked).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, String(value)]])))}`);
  /** The newest head that the notary has signed. */
  checkpoint = (teamId: string): Promise<CheckpointView> => this.get(`/v1/audit/${teamId}/checkpoint`);
  /** The chain for offline verification, byte for byte, however long it is. */
  exportChain = (teamId: string): AsyncIterable<Uint8Array> => this.stream(`/v1/audit/${teamId}/export`);

  private get<T>(path: string): Promise<T> {
    return this.send('GET', path, async (response) => (await response.json()) as T);
  }

  private put<T>(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<T> {
    return this.send('PUT', path, async (response) => (await response.json()) as T, { headers, body: JSON.stringify(body) });
  }

  private versioned<T>(path: string): Promise<Versioned<T>> {
    return this.send('GET', path, async (response) => ({ value: (await response.json()) as T, etag: response.headers.get('etag') ?? '' }));
  }

  /** Sent again with the same key and the same bytes while the gateway is being started: what it asks for is done once. An answer that is only slow is not asked for again. */
  private async post<T>(path: string, body: object, { key = this.deedKey(), ...manner }: Manner = {}): Promise<T> {
    for (let sent = 0; ; sent += 1) {
      try {
        return await this.send('POST', path, async (response) => (await response.json()) as T, { ...manner, key, body: JSON.stringify(body) });
      } catch (error) {
        const delay = REPEATS_MS[sent];
        if (delay === undefined || !isPassing(error)) throw error;
        await sleep(delay);
      }
    }
  }

  private async all<T>(path: string, most = Infinity): Promise<T[]> {
    const items: T[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const next: Page<T> = await this.get(cursor === '' ? path : `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`);
      items.push(...next.items);
      cursor = items.length < most ? (next.nextCursor ?? null) : null;
    }
    return items.slice(0, most);
  }

  /** Resolves with what `read` makes of the answer. The limit is one for the whole of it. */
  private async send<T>(method: string, path: string, read: (response: Response) => Promise<T>, { limitMs = ANSWER_MS, ...asked }: Manner & { readonly body?: string | Uint8Array } = {}): Promise<T> {
    try {
      return await read(await this.open(method, path, AbortSignal.timeout(limitMs), asked));
    } catch (cause) {
      throw this.asUnreachable(cause, asked.key);
    }
  }

  /** An answer as it comes in. The limit is one of silence: a long answer is no slow one. */
  private async *stream(path: string): AsyncGenerator<Uint8Array> {
    const stopped = new AbortController();
    const listen = (): NodeJS.Timeout => setTimeout(() => stopped.abort(new DOMException(`nothing came for ${SILENCE_MS / 1000} s`, 'TimeoutError')), SILENCE_MS);
    let silence = listen();
    try {
      const { body } = await this.open('GET', path, stopped.signal);
      for await (const chunk of body ?? []) {
        clearTimeout(silence); // how long the reader takes over it is no silence
        yield chunk as Uint8Array;
        silence = listen();
      }
    } catch (cause) {
      throw this.asUnreachable(cause);
    } finally {
      clearTimeout(silence);
      stopped.abort();
    }
  }

  private async open(method: string, path: string, signal: AbortSignal, { body, key, headers }: Manner & { readonly body?: string | Uint8Array } = {}): Promise<Response> {
    const { url: base, credential } = this.options;
    const url = `${base}${path}`;
    const send = async (): Promise<Response> => {
      const said = { ...(await credential.headersFor(method, url)), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(key === undefined ? {} : { 'idempotency-key': key }), ...headers };
      return fetch(url, { method, headers: said, body: (body as RequestInit['body']) ?? null, signal });
    };
    let response = await send();
    if (credential.heard(response)) {
      await response.body?.cancel();
      response = await send();
    }
    if (!response.ok) throw new ApiError(await problemOf(response), key, Number(response.headers.get('retry-after') ?? undefined) || undefined);
    return response;
  }

  /** `fetch` and its body say with a TypeError that the connection failed, with a TimeoutError that the limit was reached. */
  private asUnreachable(cause: unknown, key?: string): unknown {
    const lost = cause instanceof TypeError || (cause instanceof DOMException && cause.name === 'TimeoutError');
    return lost ? new UnreachableError(this.options.url, key, { cause }) : cause;
  }
}

const bundlePath = (id: string): string => `/v1/bundles/${encodeURIComponent(id)}`;
const isPassing = (error: unknown): boolean => (error instanceof ApiError && error.retryable) || (error instanceof UnreachableError && error.cause instanceof TypeError);

/** What was said, as a query; nothing where nothing was. */
function query(wanted: Readonly<Record<string, string | undefined>>): string {
  const said = new URLSearchParams(Object.entries(wanted).filter((pair): pair is [string, string] => pair[1] !== undefined)).toString();
  return said === '' ? '' : `?${said}`;
}

/** The original's routes say `error` where a problem document says `detail`. What is neither (a proxy in between) is told by its status. */
export async function problemOf(response: Response): Promise<ProblemBody> {
  const text = await response.text();
  const fallback = { title: `the gateway answered ${response.status}`, status: response.status, code: `http_${response.status}` };
  if (!/json/.test(response.headers.get('content-type') ?? '')) return fallback;
  const told = JSON.parse(text) as Partial<ProblemBody> & { readonly error?: string };
  return { ...fallback, ...(told.error === undefined ? {} : { detail: told.error }), ...told };
}
