import type { AgentInstance, AgentInstanceList, AgentRole, AlertView, ApprovalDetail, ApprovalQueue, ApprovalSummary, ApprovalThread, ApproverKeyView, Board, BundleDetail, BundleDraftView, BundleSummary, BundleVersion, BundleVersionList, CertificationView, ClarificationView, ContextDetail, CoordinationView, DecisionList, DenialView, Device, DraftSummary, EvolutionView, GoalDetail, HelpdeskMessage, Me, MemberList, MemberLog, MemberMessageView, MissionSummary, MissionSummaryList, NotificationPreferences, QuoteView, ReachView, ReviewList, TeamDetail, Workspace, EscalationView, TrialView } from '@countersign/contracts';
import { collectPages, sha256Hex, type Listed, type Page } from '@countersign/view';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ApiProblem, getBytes, getJson, postJson, Unreachable, wasSaved } from './http.js';

/** Keys by which live events say what is stale: first what it is, then whose. */
export const keys = {
  me: ['me'] as const,
  approvals: ['approvals'] as const,
  approval: (id: string) => ['approval', id] as const,
  team: (teamId: string) => ['team', teamId] as const,
  board: (teamId: string) => ['board', teamId] as const,
  members: (teamId: string) => ['board', teamId, 'members'] as const,
  workspace: (teamId: string) => ['board', teamId, 'workspace'] as const,
  messages: (teamId: string) => ['board', teamId, 'messages'] as const,
  clarifications: (teamId: string) => ['board', teamId, 'clarifications'] as const,
  goals: (teamId: string) => ['goal', teamId] as const,
  goal: (teamId: string, goalId: string) => ['goal', teamId, goalId] as const,
  helpdesk: (teamId: string) => ['helpdesk', teamId] as const,
  devices: ['devices'] as const,
  signing: ['devices', 'keys'] as const,
  preferences: ['preferences'] as const,
  /** Of this browser, not of the server. */
  outbox: ['outbox'] as const,
  escalations: ['escalations'] as const,
  trial: (teamId: string) => ['team', teamId, 'trial'] as const,
  agents: ['agents'] as const,
  bundles: ['bundles'] as const,
  drafts: ['bundles', 'drafts'] as const,
  draft: (bundleId: string) => ['bundles', 'drafts', bundleId] as const,
  alerts: ['approvals', 'alerts'] as const,
  evolutions: ['evolutions'] as const,
  reviews: (bundleId: string, version: number) => ['bundles', 'reviews', bundleId, version] as const,
};

/** While nothing tells us of a change, look again by ourselves: the stream of events may be down. */
const LOOK_AGAIN_MS = 30_000;

/** Null: nobody is signed in. */
export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: async ({ signal }): Promise<Me | null> => {
    try {
      return await getJson<Me>('/v1/me', signal);
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

interface Queue extends Listed<ApprovalSummary> {
  /** Some of it is not what the server has said just now. */
  readonly old: boolean;
}
/** So many pages of a hundred, the newest first. Without a connection, as many as were saved. */
async function pagesOf(state: string, most: number, signal: AbortSignal): Promise<Queue> {
  let old = false;
  const read = async (cursor: string | null): Promise<Page<ApprovalSummary>> => {
    const path = `/v1/approvals?state=${state}&limit=100${cursor === null ? '' : `&cursor=${cursor}`}`;
    const page = await getJson<Page<ApprovalSummary>>(path, signal);
    old ||= wasSaved(path);
    return page;
  };
  return { ...(await collectPages(read, most, (error) => error instanceof Unreachable)), old };
}

const list = (key: string, state: string, pages: number) =>
  queryOptions({ queryKey: [...keys.approvals, key, pages], queryFn: ({ signal }) => pagesOf(state, pages, signal), refetchInterval: LOOK_AGAIN_MS, placeholderData: keepPreviousData });

/** A page holds the newest, and the oldest is what expires first: nothing that waits may be left out. */
const ALL_PAGES = 50;
const items = (listed: Listed<ApprovalSummary>): readonly ApprovalSummary[] => listed.items;
const WAITING = list('waiting', 'pending', ALL_PAGES);
export const waitingQuery = queryOptions({ ...WAITING, select: items });
/** Whether older ones are missing from it: without a connection, those that were not saved. */
export const waitingCutQuery = queryOptions({ ...WAITING, select: ({ more }: Listed<ApprovalSummary>) => more });
/** Decided, and not in effect yet. */
export const heldQuery = queryOptions({ ...list('held', 'held', ALL_PAGES), select: items });
/** What is over, so many pages of it. */
export const doneQuery = (pages = 1) => list('done', 'over', pages);

export const approvalQuery = (id: string) =>
  queryOptions({ queryKey: keys.approval(id), queryFn: ({ signal }) => getJson<ApprovalDetail>(`/v1/approvals/${id}`, signal) });

export const reachQuery = (id: string) => queryOptions({ queryKey: [...keys.approval(id), 'reach'], queryFn: ({ signal }) => getJson<ReachView>(`/v1/approvals/${id}/reach`, signal), refetchInterval: LOOK_AGAIN_MS });

export const decisionsQuery = (id: string) => queryOptions({ queryKey: [...keys.approval(id), 'decisions'], queryFn: async ({ signal }) => (await getJson<DecisionList>(`/v1/approvals/${id}/decisions`, signal)).items });

/** What was said about a goal's questions, and the earlier ones to compare one with. */
export const threadQuery = (id: string) => queryOptions({ queryKey: [...keys.approval(id), 'thread'], queryFn: ({ signal }) => getJson<ApprovalThread>(`/v1/approvals/${id}/thread`, signal) });

export const escalationsQuery = queryOptions({ queryKey: keys.escalations, queryFn: async ({ signal }) => (await getJson<Page<EscalationView>>('/v1/escalations?limit=100', signal)).items, refetchInterval: LOOK_AGAIN_MS });

/** Page by page; `resolved`: what is over. */
export const escalationPagesQuery = (show: 'open' | 'resolved') =>
  infiniteQueryOptions({
    queryKey: [...keys.escalations, 'pages', show],
    queryFn: ({ signal, pageParam }) => getJson<Page<EscalationView>>(`/v1/escalations?show=${show}&limit=50${pageParam === null ? '' : `&cursor=${encodeURIComponent(pageParam)}`}`, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: LOOK_AGAIN_MS,
  });

/** Null: the team has no trial. */
export const trialQuery = (teamId: string) =>
  queryOptions({
    queryKey: keys.trial(teamId),
    queryFn: async ({ signal }): Promise<TrialView | null> => {
      try {
        return await getJson<TrialView>(`/v1/teams/${teamId}/trial`, signal);
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 404) return null;
        throw error;
      }
    },
  });

export const alertsQuery = queryOptions({ queryKey: keys.alerts, queryFn: async ({ signal }) => (await getJson<Page<AlertView>>('/v1/alerts?limit=5', signal)).items, refetchInterval: LOOK_AGAIN_MS });

export const coordinationQuery = (teamId: string) =>
  queryOptions({
    queryKey: [...keys.team(teamId), 'coordination'],
    queryFn: ({ signal }) => getJson<CoordinationView>(`/v1/teams/${teamId}/coordination`, signal),
    refetchInterval: LOOK_AGAIN_MS,
  });

export const evolutionsQuery = queryOptions({ queryKey: keys.evolutions, queryFn: async ({ signal }) => (await getJson<Page<EvolutionView>>('/v1/evolutions?limit=100', signal)).items, refetchInterval: LOOK_AGAIN_MS });
export const evolutionQuery = (id: string) => queryOptions({ queryKey: [...keys.evolutions, id], queryFn: ({ signal }) => getJson<EvolutionView>(`/v1/evolutions/${encodeURIComponent(id)}`, signal), refetchInterval: LOOK_AGAIN_MS });
/** What was said about an evolution, the newest first. */
export const evolutionReviewsQuery = (id: string) => queryOptions({ queryKey: [...keys.evolutions, id, 'reviews'], queryFn: async ({ signal }) => (await getJson<ReviewList>(`/v1/evolutions/${encodeURIComponent(id)}/reviews`, signal)).items });
export const reviewsQuery = (bundleId: string, version: number) => queryOptions({ queryKey: keys.reviews(bundleId, version), queryFn: ({ signal }) => getJson<ReviewList>(`/v1/bundles/${bundleId}/versions/${version}/reviews`, signal) });

export const certificationQuery = (teamId: string) => queryOptions({ queryKey: [...keys.team(teamId), 'certification'], queryFn: ({ signal }) => getJson<CertificationView>(`/v1/teams/${teamId}/certification`, signal) });

export const teamQuery = (teamId: string) =>
  queryOptions({ queryKey: keys.team(teamId), queryFn: ({ signal }) => getJson<TeamDetail>(`/v1/teams/${teamId}`, signal), refetchInterval: LOOK_AGAIN_MS });

export const workspaceQuery = (teamId: string) => queryOptions({ queryKey: keys.workspace(teamId), queryFn: ({ signal }) => getJson<Workspace>(`/v1/teams/${teamId}/workspace`, signal) });
export const sharedQuery = (teamId: string, contextId: string) => queryOptions({ queryKey: [...keys.workspace(teamId), contextId], queryFn: ({ signal }) => getJson<ContextDetail>(`/v1/teams/${teamId}/workspace/${contextId}`, signal) });
export const membersQuery = (teamId: string) => queryOptions({ queryKey: keys.members(teamId), queryFn: ({ signal }) => getJson<MemberList>(`/v1/teams/${teamId}/members`, signal), refetchInterval: 5_000 });
export const memberLogQuery = (teamId: string, memberId: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.members(teamId), memberId],
    queryFn: ({ pageParam, signal }) => getJson<MemberLog>(`/v1/teams/${teamId}/members/${memberId}/log?limit=100${pageParam === '' ? '' : `&cursor=${encodeURIComponent(pageParam)}`}`, signal),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: LOOK_AGAIN_MS,
  });
export const messagesQuery = (teamId: string, archived: boolean) =>
  infiniteQueryOptions({
    queryKey: [...keys.messages(teamId), archived],
    queryFn: ({ pageParam, signal }) => getJson<Page<MemberMessageView>>(`/v1/teams/${teamId}/messages?archived=${archived}${pageParam === '' ? '' : `&cursor=${pageParam}`}`, signal),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: 5_000,
  });

/** The newest of them, or those that are open, however many newer ones are not. */
export const clarificationsQuery = (teamId: string, open: boolean) =>
  queryOptions({ queryKey: [...keys.clarifications(teamId), open ? 'open' : 'newest'], queryFn: async ({ signal }) => (await getJson<Page<ClarificationView>>(`/v1/teams/${teamId}/clarifications?${open ? 'open=true&limit=100' : 'limit=20'}`, signal)).items, refetchInterval: LOOK_AGAIN_MS });

export const boardQuery = (teamId: string) => queryOptions({ queryKey: keys.board(teamId), queryFn: ({ signal }) => getJson<Board>(`/v1/teams/${teamId}/board`, signal), refetchInterval: LOOK_AGAIN_MS });

export const goalQuery = (teamId: string, goalId: string) =>
  queryOptions({ queryKey: keys.goal(teamId, goalId), queryFn: ({ signal }) => getJson<GoalDetail>(`/v1/teams/${teamId}/goals/${goalId}`, signal), refetchInterval: LOOK_AGAIN_MS });

export const helpdeskQuery = (teamId: string) =>
  queryOptions({ queryKey: keys.helpdesk(teamId), queryFn: async ({ signal }) => (await getJson<Page<HelpdeskMessage>>(`/v1/teams/${teamId}/helpdesk/messages`, signal)).items });

/** Somebody waits for what is not confirmed yet, and may have been told a moment ago that it is new. */
const CONFIRMED_MS = 5_000;
/** The keys with which the person's devices sign. */
export const signingKeysQuery = queryOptions({
  queryKey: keys.signing,
  queryFn: async ({ signal }) => (await getJson<Page<ApproverKeyView>>('/v1/keys', signal)).items,
  refetchInterval: ({ state }) => (state.data?.some(({ effectiveFrom }) => effectiveFrom === null) ? CONFIRMED_MS : LOOK_AGAIN_MS),
});
export const devicesQuery = queryOptions({ queryKey: keys.devices, queryFn: async ({ signal }) => (await getJson<Page<Device>>('/v1/devices', signal)).items });

export const preferencesQuery = queryOptions({ queryKey: keys.preferences, queryFn: ({ signal }) => getJson<NotificationPreferences>('/v1/notification-preferences', signal) });

/** The newest agents, the gate's questions and missions of all teams that the person sees. */
export const agentsQuery = queryOptions({
  queryKey: [...keys.agents, 'instances'],
  queryFn: async ({ signal }): Promise<readonly AgentInstance[]> => (await getJson<AgentInstanceList>('/agent-team/instances', signal)).instances,
  refetchInterval: LOOK_AGAIN_MS,
});
export const questionsQuery = queryOptions({ queryKey: [...keys.agents, 'questions'], queryFn: ({ signal }) => getJson<ApprovalQueue>('/agent-team/approvals', signal), refetchInterval: LOOK_AGAIN_MS });
export interface TemplateChoice {
  readonly templateID: string;
  readonly display_name?: string;
  readonly role: AgentRole;
}
export const templatesQuery = queryOptions({
  queryKey: ['templates'],
  queryFn: async ({ signal }): Promise<readonly TemplateChoice[]> => (await getJson<{ readonly templates: readonly TemplateChoice[] }>('/agent-team/templates', signal)).templates,
});
export const denialsQuery = queryOptions({
  queryKey: [...keys.agents, 'denials'],
  queryFn: async ({ signal }): Promise<readonly DenialView[]> => (await getJson<Page<DenialView>>('/v1/denials?limit=20', signal)).items,
  refetchInterval: LOOK_AGAIN_MS,
});
export const missionsQuery = queryOptions({
  queryKey: [...keys.agents, 'missions'],
  queryFn: async ({ signal }): Promise<readonly MissionSummary[]> => (await getJson<MissionSummaryList>('/agent-team/missions', signal)).missions,
  refetchInterval: LOOK_AGAIN_MS,
});

export const bundlesQuery = queryOptions({ queryKey: [...keys.bundles, 'list'], queryFn: async ({ signal }): Promise<readonly BundleSummary[]> => (await getJson<Page<BundleSummary>>('/v1/bundles', signal)).items });
export const bundleQuery = (id: string) => queryOptions({ queryKey: [...keys.bundles, 'one', id], queryFn: ({ signal }) => getJson<BundleDetail>(`/v1/bundles/${id}`, signal) });
export const versionsQuery = (id: string) => queryOptions({ queryKey: [...keys.bundles, 'versions', id], queryFn: async ({ signal }): Promise<readonly BundleVersion[]> => (await getJson<BundleVersionList>(`/v1/bundles/${id}/versions`, signal)).items });
/** A month of it; asking changes nothing. */
export const quoteQuery = (id: string) => queryOptions({ queryKey: [...keys.bundles, 'quote', id], queryFn: () => postJson<QuoteView>('/v1/pricing/quote', { bundle: id, months: 1 }, { key: crypto.randomUUID() }) });
export const draftsQuery = queryOptions({ queryKey: [...keys.drafts, 'list'], queryFn: async ({ signal }): Promise<readonly DraftSummary[]> => (await getJson<Page<DraftSummary>>('/v1/bundle-drafts', signal)).items });
export const draftQuery = (id: string) => queryOptions({ queryKey: keys.draft(id), queryFn: ({ signal }) => getJson<BundleDraftView>(`/v1/bundles/${id}/draft`, signal) });

/** Bytes of one artifact version never change. Once asked for they are fetched to the end: whoever closes a view does not end the proof that waits for the same bytes. */
export const bytesQuery = (url: string) => queryOptions({ queryKey: ['bytes', url], queryFn: () => getBytes(url), staleTime: Infinity });

/** What is countersigned; as its digest it never changes. */
export const manifestQuery = (id: string) => bytesQuery(`/v1/approvals/${id}/manifest`);

/** The server gave other bytes than those that hash to what was asked for. */
export class OtherBytes extends Error {
  override readonly name = 'OtherBytes';
  constructor() {
    super('the bytes that came are not those that stand in the request: they hash to something else');
  }
}

/** The same where it is known what they hash to. They are hashed each time they come, so that other bytes are never shown in their place. */
export const provenBytesQuery = (url: string, sha256: string) =>
  queryOptions({
    queryKey: ['bytes', url, sha256],
    queryFn: async () => {
      const bytes = await getBytes(url);
      if ((await sha256Hex(bytes)) !== sha256) throw new OtherBytes();
      return bytes;
    },
    staleTime: Infinity,
  });
