import { count, customerKey, DIALECT, object, schemaId, usd } from './parts.js';
import type { FileSchema } from './read-yaml.js';

/** `policies/team-policy.yaml`: how long and on which terms teams live. The operator's file; each version is a row. */
export interface TeamPolicy {
  /** How many teams a customer has at a time; by customer id, who may have another number. */
  teamsPerCustomer: number;
  customers?: Record<string, number>;
  trial: TrialTerms;
  promotion: PromotionTerms;
}

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

const YEAR_DAYS = 366;
const percent = (description: string): Readonly<Record<string, unknown>> => count(description, 100);
const days = (description: string, least = 0): Readonly<Record<string, unknown>> => count(description, YEAR_DAYS, least);

export const teamPolicySchema: FileSchema<TeamPolicy> = {
  kind: 'team policy',
  schema: {
    $schema: DIALECT,
    $id: schemaId('team-policy'),
    title: 'Countersign team policy',
    description: 'How many teams a customer has, on which terms a team is tried, and what a trial has to show.',
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
      },
      ['teamsPerCustomer', 'trial', 'promotion'],
    ),
  },
  check: () => [],
};

/** In force where no file says otherwise. */
export const DEFAULT_TEAM_POLICY: TeamPolicy = {
  teamsPerCustomer: 1,
  trial: { days: 7, graceDays: 3, usd: 5, tasks: 10, extension: { days: 3, usd: 2, times: 1 } },
  promotion: { approvedTasks: 3, mostRevisionPercent: 30, leastApprovalPercent: 70, mostViolations: 0, leastRating: 4 },
};

export const teamsAllowed = ({ teamsPerCustomer, customers = {} }: TeamPolicy, customerId: string): number => customers[customerId] ?? teamsPerCustomer;
