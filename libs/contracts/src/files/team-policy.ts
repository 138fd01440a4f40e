import { count, customerKey, DIALECT, object, schemaId, usd } from './parts.js';
import { conforms, type FileSchema } from './read-yaml.js';
import { ESCALATION_TRIGGERS, type EscalationTrigger } from '../escalations.js';
import { ROLES, type Role } from '../states.js';
import { DEFAULT_TEAM_CONDUCT, teamConductProperties, type TeamConduct } from './team-conduct.js';

/** How long and on which terms teams live, and how they are conducted. */
export interface TeamPolicy extends TeamConduct {
  /** How many teams a customer has at a time; by customer id, who may have another number. */
  teamsPerCustomer: number;
  customers?: Record<string, number>;
  trial: TrialTerms;
  promotion: PromotionTerms;
  suspension: SuspensionTerms;
  escalation: EscalationTerms;
}

/** `policies/team-policy.yaml`: the operator's file; each version is a row. What it does not say of the conduct is as it is without a file. */
export type TeamPolicyFile = Omit<TeamPolicy, keyof TeamConduct | 'escalation'> & Partial<TeamConduct> & { escalation: Omit<EscalationTerms, 'rejections'> & Partial<Pick<EscalationTerms, 'rejections'>> };

/** A trial is free: what it may cost the platform is capped. */
export interface TrialTerms {
  days: number;
  /** After the last day: what is under way is finished and decided, nothing new begins. */
  graceDays: number;
  usd: number;
  tasks: number;
  /** The largest team that can be tried, its manager included; absent: every team, whole. */
  members?: number;
  extension: { days: number; usd: number; times: number };
}

/** What a trial has to show before a person may make it production. */
export interface PromotionTerms {
  approvedTasks: number;
  mostRevisionPercent: number;
  leastApprovalPercent: number;
  mostViolations: number;
  leastRating: number;
}

/** What suspends a team, or a member of it; counted since the team was last let go on. */
export interface SuspensionTerms {
  /** Attempts of the manager at what only people decide. */
  unauthorisedExecutions: number;
  /** Of so many answers of the customer or more, a larger part than this is a no; a wish for changes is none. */
  rejections: { percent: number; answers: number };
  /** Of one member, within the minutes. */
  leaks: number;
  scopeDrifts: number;
  /** Reviews of one member in a row that ask for a revision. */
  failedReviews: number;
  withinMinutes: number;
}

/** When somebody has to look, and how soon. */
export interface EscalationTerms {
  slaMinutes: Record<Exclude<Role, 'operator'>, number>;
  /** Triggers that have another time than their authority. */
  triggerMinutes: Partial<Record<EscalationTrigger, number>>;
  failedReviews: number;
  /** Answers of the customer in a row that are a no; a wish for changes is none, and interrupts nothing. */
  rejections: number;
  coordinationMs: number;
  contextBytes: number;
  apiMs: number;
  /** Of so many tasks that were not right at once, this part and more is one member's. */
  bias: { percent: number; tasks: number };
  /** Of so many reviews, this part fewer are right at once than of as many before. */
  quality: { dropPercent: number; reviews: number };
  /** What a team may cost the platform in a month: so much for so many rupees of its price. */
  platformCost: { usd: number; perRupees: number };
  /** An answer, and a word of why; the end of a session after the suspension; sessions of thirty days. */
  helpdesk: { replyMinutes: number; closeMinutes: number; mostAMonth: number };
  suspendedDays: number;
}

const YEAR_DAYS = 366;
const AUTHORITIES = ROLES.filter((role) => role !== 'operator');
const times = (description: string): Readonly<Record<string, unknown>> => count(description, 10_000, 1);
const percent = (description: string): Readonly<Record<string, unknown>> => count(description, 100);
const days = (description: string, least = 0): Readonly<Record<string, unknown>> => count(description, YEAR_DAYS, least);

export const teamPolicySchema: FileSchema<TeamPolicyFile> = {
  kind: 'team policy',
  schema: {
    $schema: DIALECT,
    $id: schemaId('team-policy'),
    title: 'Countersign team policy',
    description: 'How many teams a customer has, on which terms a team is tried, what a trial has to show, what suspends a team or a member, when who has to look, and how managers conduct their teams.',
    ...object(
      {
        teamsPerCustomer: count('Teams of one customer at a time.', 1_000, 1),
        customers: { type: 'object', propertyNames: { pattern: customerKey }, additionalProperties: count('Teams of this customer at a time.', 1_000), maxProperties: 1_000, description: 'By customer id: who may have another number.' },
        trial: object(
          {
            days: days('How long it is.', 1),
            graceDays: days('After it: what is under way is finished and decided, nothing new begins.'),
            usd: usd('The most it may cost the platform.'),
            tasks: count('Tasks it may plan in all.', 10_000, 1),
            members: count('The largest team that can be tried, its manager included; absent: every team, whole.', 100, 2),
            extension: object({ days: days('So much longer.', 1), usd: usd('So much more for the platform.'), times: count('So many times.', 100) }, ['days', 'usd', 'times'], 'What a governor may give it.'),
          },
          ['days', 'graceDays', 'usd', 'tasks', 'extension'],
          'A trial is free for the customer.',
        ),
        promotion: object(
          {
            approvedTasks: count('Tasks that the customer has approved, at least.', 10_000),
            mostRevisionPercent: percent('Reviews that ask for a revision, at most.'),
            leastApprovalPercent: percent('Answers of the customer that are a yes, at least.'),
            mostViolations: count('Violations, at most.', 10_000),
            leastRating: { type: 'number', minimum: 0, maximum: 5, description: 'Of the customer, out of five, at least.' },
          },
          ['approvedTasks', 'mostRevisionPercent', 'leastApprovalPercent', 'mostViolations', 'leastRating'],
          'All of it must hold before a trial can become production, which a governor decides.',
        ),
        suspension: object(
          {
            unauthorisedExecutions: times('Attempts of the manager at what only people decide suspend the team.'),
            rejections: object({ percent: percent('More than this part is a no.'), answers: times('Answers of the customer, at least.') }, ['percent', 'answers'], 'The customer refuses too much: the team is suspended.'),
            leaks: times('Of one member: refused attempts to carry something out of the team suspend it.'),
            scopeDrifts: times('Of one member: refused attempts at what is no part of its work suspend it.'),
            failedReviews: times('Of one member, in a row: reviews that ask for a revision suspend it.'),
            withinMinutes: count('Attempts of a member count within these minutes.', YEAR_DAYS * 1_440, 1),
          },
          ['unauthorisedExecutions', 'rejections', 'leaks', 'scopeDrifts', 'failedReviews', 'withinMinutes'],
          'What suspends a team or a member, counted since the team was last let go on.',
        ),
        escalation: object(
          {
            slaMinutes: object(Object.fromEntries(AUTHORITIES.map((role) => [role, count('Minutes until it must be looked at.', YEAR_DAYS * 1_440, 1)])), [...AUTHORITIES], 'How soon each authority looks.'),
            triggerMinutes: { type: 'object', properties: Object.fromEntries(ESCALATION_TRIGGERS.map((trigger) => [trigger, count('Minutes until it must be looked at.', YEAR_DAYS * 1_440, 1)])), additionalProperties: false, description: 'By trigger: what has another time than its authority.' },
            failedReviews: times('Of one member, in a row: to Genesis.'),
            rejections: times('Answers of the customer in a row that are a no: to Genesis.'),
            coordinationMs: count('From a delegation to the member’s start: to the systems architect.', 86_400_000, 1),
            contextBytes: count('Bytes of a team’s files and shared texts: to the systems architect.', 1_000_000_000_000, 1),
            apiMs: count('Milliseconds of the slowest twentieth of the API’s answers: to the systems architect.', 600_000, 1),
            bias: object({ percent: percent('This part and more.'), tasks: times('Of so many or more.') }, ['percent', 'tasks'], 'Tasks that were not right at once and went to one member: to the vision guardian.'),
            quality: object({ dropPercent: percent('So much less, in percent of all.'), reviews: times('Of so many, compared with as many before.') }, ['dropPercent', 'reviews'], 'Reviews that were passed at once: to the vision guardian.'),
            platformCost: object({ usd: usd('So much of a month’s cost.'), perRupees: count('For so much of a month’s price.', 10_000_000, 1) }, ['usd', 'perRupees'], 'What a team may cost the platform in a month, by its price: to the platform governor.'),
            helpdesk: object(
              { replyMinutes: count('Until it has said why, or answered.', YEAR_DAYS * 1_440, 1), closeMinutes: count('Until it is closed when the team is not suspended any more.', YEAR_DAYS * 1_440, 1), mostAMonth: count('Sessions of one team within thirty days.', 1_000, 1) },
              ['replyMinutes', 'closeMinutes', 'mostAMonth'],
              'What the helpdesk of a suspended team keeps to: to the platform governor.',
            ),
            suspendedDays: days('A suspension of more: to the platform governor.', 1),
          },
          ['slaMinutes', 'triggerMinutes', 'failedReviews', 'coordinationMs', 'contextBytes', 'apiMs', 'bias', 'quality', 'platformCost', 'helpdesk', 'suspendedDays'],
          'When somebody has to look, and how soon.',
        ),
        ...teamConductProperties,
      },
      ['teamsPerCustomer', 'trial', 'promotion', 'suspension', 'escalation'],
    ),
  },
  check: () => [],
};

/** In force where no file says otherwise. */
export const DEFAULT_TEAM_POLICY: TeamPolicy = {
  teamsPerCustomer: 1,
  trial: { days: 7, graceDays: 3, usd: 5, tasks: 10, extension: { days: 3, usd: 2, times: 1 } },
  promotion: { approvedTasks: 3, mostRevisionPercent: 30, leastApprovalPercent: 70, mostViolations: 0, leastRating: 4 },
  suspension: { unauthorisedExecutions: 1, rejections: { percent: 50, answers: 10 }, leaks: 5, scopeDrifts: 20, failedReviews: 6, withinMinutes: 60 },
  ...DEFAULT_TEAM_CONDUCT,
  escalation: {
    slaMinutes: { genesis: 240, systems_architect: 120, vision_guardian: 60, customer_governor: 1_440, platform_governor: 480 },
    failedReviews: 3, rejections: 3, coordinationMs: 10_000, contextBytes: 1_073_741_824, apiMs: 500, bias: { percent: 80, tasks: 5 }, quality: { dropPercent: 30, reviews: 10 },
    triggerMinutes: { helpdesk_waits: 30, helpdesk_silent: 30, helpdesk_open: 60, customer_message: 240, plan_waits: 240, effect_unknown: 240 }, platformCost: { usd: 100, perRupees: 60_000 }, helpdesk: { replyMinutes: 120, closeMinutes: 60, mostAMonth: 10 }, suspendedDays: 5,
  },
};

/** A stored policy that does not follow the rules of its kind, or was taken away, is as one that is not there. */
export function teamPolicyOf(doc: TeamPolicyFile | { retired: true } | undefined): TeamPolicy | undefined {
  if (!doc || 'retired' in doc || conforms(teamPolicySchema, doc).length > 0) return undefined;
  return { ...DEFAULT_TEAM_CONDUCT, ...doc, escalation: { rejections: DEFAULT_TEAM_POLICY.escalation.rejections, ...doc.escalation } };
}

export const teamsAllowed = ({ teamsPerCustomer, customers = {} }: TeamPolicy, customerId: string): number => customers[customerId] ?? teamsPerCustomer;
