import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { agentsQuery, approvalQuery, doneQuery, teamQuery, waitingQuery } from './api/queries.js';
import { queryClient } from './api/query-client.js';
import { ApprovalPage } from './approval/approval-page.js';
import { prefetchRequest } from './approval/prefetch.js';
import { InboxIndex, InboxPage } from './inbox/inbox-page.js';
import { NotFound, PageFailed } from './shell/failed-pages.js';
import { Root } from './shell/root.js';

/** View state lives in the address: a link pasted on another device shows the same. */
type Show = 'deferred' | 'done';
export type TeamTab = 'board' | 'members' | 'goals' | 'spending';
const TABS: readonly unknown[] = ['board', 'members', 'goals', 'spending'];

const rootRoute = createRootRoute({ component: Root, notFoundComponent: NotFound, errorComponent: PageFailed });

const inbox = createRoute({
  getParentRoute: () => rootRoute,
  id: '_inbox',
  component: InboxPage,
  validateSearch: ({ show }): { show?: Show } => (show === 'done' || show === 'deferred' ? { show } : {}),
  loader: () => void queryClient.prefetchQuery(waitingQuery),
});
const inboxIndex = createRoute({
  getParentRoute: () => inbox,
  path: '/',
  component: InboxIndex,
  loaderDeps: ({ search }) => search,
  loader: ({ deps }) => void (deps.show === 'done' && queryClient.prefetchQuery(doneQuery())),
});
const approval = createRoute({
  getParentRoute: () => inbox,
  path: '/a/$approvalId',
  component: ApprovalPage, // what a phone is rung for: it comes with the first file
  loader: ({ params, cause }) => void (cause === 'preload' ? queryClient.prefetchQuery(approvalQuery(params.approvalId)) : prefetchRequest(queryClient, params.approvalId)),
});
const teams = createRoute({ getParentRoute: () => rootRoute, path: '/teams', component: lazyRouteComponent(() => import('./teams/teams-page.js'), 'TeamsPage') });
const team = createRoute({
  getParentRoute: () => rootRoute,
  path: '/teams/$teamId',
  component: lazyRouteComponent(() => import('./teams/team-page.js'), 'TeamPage'),
  validateSearch: ({ tab }): { tab?: TeamTab } => (TABS.includes(tab) ? { tab: tab as TeamTab } : {}),
  loader: ({ params }) => void queryClient.prefetchQuery(teamQuery(params.teamId)),
});
const goal = createRoute({ getParentRoute: () => rootRoute, path: '/teams/$teamId/goals/$goalId', component: lazyRouteComponent(() => import('./teams/goal-page.js'), 'GoalPage') });
const charter = createRoute({ getParentRoute: () => rootRoute, path: '/teams/$teamId/charter', component: lazyRouteComponent(() => import('./teams/charter-page.js'), 'CharterPage') });
const escalations = createRoute({ getParentRoute: () => rootRoute, path: '/escalations', component: lazyRouteComponent(() => import('./escalations/escalations-page.js'), 'EscalationsPage'), validateSearch: ({ show }): { show?: 'resolved' } => (show === 'resolved' ? { show } : {}) });
const bundles = createRoute({ getParentRoute: () => rootRoute, path: '/bundles', component: lazyRouteComponent(() => import('./bundles/bundles-page.js'), 'BundlesPage') });
const bundle = createRoute({ getParentRoute: () => rootRoute, path: '/bundles/$bundleId', component: lazyRouteComponent(() => import('./bundles/bundle-page.js'), 'BundlePage') });
const bundleDraft = createRoute({ getParentRoute: () => rootRoute, path: '/bundles/$bundleId/draft', component: lazyRouteComponent(() => import('./bundles/draft-page.js'), 'DraftPage') });
const evolutions = createRoute({ getParentRoute: () => rootRoute, path: '/evolutions', component: lazyRouteComponent(() => import('./governance/evolutions-page.js'), 'EvolutionsPage') });
const evolution = createRoute({ getParentRoute: () => rootRoute, path: '/evolutions/$evolutionId', component: lazyRouteComponent(() => import('./governance/evolution-page.js'), 'EvolutionPage') });
const agents = createRoute({
  getParentRoute: () => rootRoute,
  path: '/agents',
  component: lazyRouteComponent(() => import('./agents/agents-page.js'), 'AgentsPage'),
  validateSearch: ({ show, mission }): { show?: 'all'; mission?: string } => ({ ...(show === 'all' ? { show } : {}), ...(typeof mission === 'string' ? { mission } : {}) }),
  loader: () => void queryClient.prefetchQuery(agentsQuery),
});
const chats = createRoute({ getParentRoute: () => rootRoute, path: '/chat', component: lazyRouteComponent(() => import('./chat/chats-page.js'), 'ChatsPage') });
const chat = createRoute({ getParentRoute: () => rootRoute, path: '/chat/$teamId', component: lazyRouteComponent(() => import('./chat/chat-page.js'), 'ChatPage') });
const me = createRoute({ getParentRoute: () => rootRoute, path: '/me', component: lazyRouteComponent(() => import('./me/me-page.js'), 'MePage') });
/** Without the shell: it needs no server and nobody who is signed in. */
const verify = createRoute({ getParentRoute: () => rootRoute, path: '/verify', component: lazyRouteComponent(() => import('./verify/verify-page.js'), 'VerifyPage') });
const welcome = createRoute({ getParentRoute: () => rootRoute, path: '/welcome', component: lazyRouteComponent(() => import('./welcome/welcome-page.js'), 'WelcomePage') });
const devPhone = createRoute({ getParentRoute: () => rootRoute, path: '/dev/phone', component: lazyRouteComponent(() => import('./dev-phone/phone-page.js'), 'PhonePage') });
const devMail = createRoute({ getParentRoute: () => rootRoute, path: '/dev/mail', component: lazyRouteComponent(() => import('./dev-phone/mail-page.js'), 'MailPage') });

export const router = createRouter({
  routeTree: rootRoute.addChildren([inbox.addChildren([inboxIndex, approval]), teams, team, goal, charter, escalations, bundles, bundle, bundleDraft, evolutions, evolution, agents, chats, chat, me, verify, welcome, devPhone, devMail]),
  defaultPreload: 'intent',
  defaultErrorComponent: PageFailed,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
