import type { Bundle } from '../files/bundle.js';
import type { CertificationPolicy, Reviewer } from '../files/certification-policy.js';
import { seedName, seedsAbout, type PrecedentSeed } from '../files/precedent-seed.js';
import type { Template } from '../files/template.js';
import type { WayOfWorking } from '../files/way-of-working.js';
import { alignmentOf, delegationSeeds, type Alignment } from './alignment.js';
import { checklistOfTeam, checklistOfWay } from './checklists.js';
import { lacksOf, lackWords, type Checklist, type Lack } from './headings.js';
import type { PlatformFacts } from './platform-facts.js';
import { classify, scopeOf, scopeSha256, type Classified, type TeamScope } from './scope.js';

/** Where a review that is needed stands: nobody has looked, or the newest word on exactly this text. */
export interface ReviewStanding {
  readonly role: Reviewer;
  readonly state: 'missing' | 'recommended' | 'rejected' | 'waived';
  readonly reviewId?: string;
  /** There is one, of these words under other templates. */
  readonly outdated?: true;
}
/** One recorded review, or the governor's waiver of one; of several about the same text by the same role the newest counts. */
export interface RecordedReview {
  readonly id: string;
  readonly role: Reviewer;
  readonly verdict: 'recommended' | 'rejected' | 'waived';
  readonly personId: string;
  /** SHA-256 of the text that was looked at. */
  readonly sha256: string;
  /** Of a bundle: `scopeSha256` of what a team of it could be and touch when it was looked at, by the templates of that moment. */
  readonly scopeSha256?: string;
  readonly at: Date;
}

/** An approved evolution about this version of the bundle. */
export interface ApprovedEvolution {
  readonly id: string;
  /** What a team of it could be and touch when it was proposed and approved. */
  readonly scopeSha256: string;
}

/** All that a team's certification is judged by. */
export interface CertificationCase {
  readonly bundle: Bundle;
  /** SHA-256 of the bundle as it was published. */
  readonly sha256: string;
  readonly templates: readonly Template[];
  /** Undefined: none is in force, and nothing can be certified. */
  readonly policy: CertificationPolicy | undefined;
  readonly ways: readonly WayOfWorking[];
  readonly seeds: readonly PrecedentSeed[];
  readonly reviews: readonly RecordedReview[];
  /** Those that were approved about this version, the newest first. */
  readonly evolutions: readonly ApprovedEvolution[];
  /** The scope that the newest team of this version of the bundle, else of one before it, was certified with. */
  readonly before: TeamScope | undefined;
  readonly facts: PlatformFacts;
}

export interface Assessment extends Classified {
  readonly checklists: readonly Checklist[];
  readonly lacks: readonly Lack[];
  readonly scope: TeamScope;
  readonly reviews: readonly ReviewStanding[];
  /** The approved evolution that it goes further by: null where it goes further and none lets it, undefined where it goes no further. */
  readonly evolution: string | null | undefined;
  readonly alignment: Alignment;
  readonly leastAlignment: number;
  /** The seeds that it stands on, by `seedName`. */
  readonly precedents: readonly string[];
  readonly notes: readonly string[];
  /** Why it cannot be certified now; absent where it can. */
  readonly refusal?: { readonly code: 'certification_policy_missing' | 'evidence_missing' | 'precedent_missing' | 'review_missing' | 'evolution_missing' | 'alignment_too_low'; readonly message: string };
}

/** Of the same words under other templates a review says nothing, no more than of other words. */
export const standingOf = (reviews: readonly RecordedReview[], about: Pick<RecordedReview, 'sha256' | 'scopeSha256'>, role: Reviewer): ReviewStanding => {
  const [newest] = reviews.filter((each) => each.role === role && each.sha256 === about.sha256 && each.scopeSha256 === about.scopeSha256).sort((a, b) => b.at.getTime() - a.at.getTime());
  if (newest) return { role, state: newest.verdict, reviewId: newest.id };
  return { role, state: 'missing', ...(reviews.some((each) => each.role === role && each.sha256 === about.sha256) ? { outdated: true } : {}) };
};
/** Who gave the reviews that stand; a waiver is none. Each counts once, so they do nothing else that is somebody else's to do. */
export const reviewersOf = (standings: readonly ReviewStanding[], reviews: readonly RecordedReview[]): { readonly role: Reviewer; readonly personId: string }[] =>
  standings.flatMap(({ role, state, reviewId }) => (state === 'waived' ? [] : reviews.filter(({ id }) => id === reviewId).map(({ personId }) => ({ role, personId }))));
/** What a person, or their waiver, has not settled yet. */
export const openReviews = (reviews: readonly ReviewStanding[]): ReviewStanding[] => reviews.filter(({ state }) => state === 'missing' || state === 'rejected');

export function assessTeam(about: CertificationCase): Assessment {
  const { bundle, sha256, templates, policy, ways, seeds, facts, before } = about;
  const scope = scopeOf(bundle, templates);
  const classified = policy ? classify(before ?? policy.baseline, scope) : ({ classification: 'evolution', criteria: { increasesScope: [], reducesApprovals: [], addsAccess: [], weakensSafety: [] } } as const);
  const wanted = policy?.ways ?? [];
  const checklists = [checklistOfTeam(bundle, templates, facts), ...wanted.map((id): Checklist => {
    const way = ways.find((each) => each.id === id);
    return way ? checklistOfWay(way, facts) : { subject: id, version: 'none', headings: [] };
  })];
  const lacks = checklists.flatMap(lacksOf);
  const hash = scopeSha256(scope);
  const reviews = (policy?.reviews[classified.classification] ?? []).map((role) => standingOf(about.reviews, { sha256, scopeSha256: hash }, role));
  const evolution = classified.classification === 'within' ? undefined : (about.evolutions.find((each) => each.scopeSha256 === hash)?.id ?? null);
  const alignment = alignmentOf(facts, scope, seeds);
  const delegation = delegationSeeds(seeds, facts);
  const assessed = { ...classified, checklists, lacks, scope, reviews, evolution, alignment, leastAlignment: policy?.leastAlignment ?? 100, precedents: [...new Set([...delegation, ...seedsAbout(seeds, 'team_bundles')].map(seedName))], notes: policy ? architectNotes(policy.size, scope.people) : [] };
  const refusal = refusalOf(policy, assessed, delegation.length > 0, about);
  return { ...assessed, ...(refusal ? { refusal } : {}) };
}

function refusalOf(policy: CertificationPolicy | undefined, { lacks, reviews, evolution, alignment, leastAlignment }: Omit<Assessment, 'refusal'>, mayDelegate: boolean, { bundle, evolutions }: CertificationCase): Assessment['refusal'] {
  if (!policy) return { code: 'certification_policy_missing', message: 'no certification policy is in force: nothing says what a team must show' };
  if (lacks.length > 0) return { code: 'evidence_missing', message: lackWords(lacks) };
  if (!mayDelegate) return { code: 'precedent_missing', message: 'no precedent in force permits a manager to delegate, or what it hangs on is not so' };
  const open = openReviews(reviews);
  if (open.length > 0) return { code: 'review_missing', message: open.map(({ role, state, outdated }) => (state === 'missing' ? outdated ? `${role} has reviewed this version, but not with what its agents may touch now` : `${role} has not reviewed this version` : `${role} recommends against it`)).join('; ') };
  if (evolution === null) return { code: 'evolution_missing', message: evolutionWords(bundle, evolutions.length > 0) };
  if (alignment.score < leastAlignment) return { code: 'alignment_too_low', message: `its alignment is ${alignment.score} of 100, below ${leastAlignment}: ${alignment.risks.flatMap(({ inputs }) => inputs.filter(({ met }) => !met).map(({ name }) => `not so: ${name}`)).join('; ')}` };
  return undefined;
}

/** What is to be done about a version that goes further and that no evolution lets. */
export const evolutionWords = ({ id, version }: Pick<Bundle, 'id' | 'version'>, outdated = false): string =>
  `it goes further than what was decided${outdated ? ', and what its agents may touch is not what an evolution was approved for' : ''}: propose an evolution about ${id}@${version}; when the platform governor has approved it, its teams can be certified`;

/** The architect's long-term risks (S4-117): what grows with the team's size and what it keeps. */
export const architectNotes = ({ overheadFrom, subTeamsFrom, workspaceGb }: CertificationPolicy['size'], people: number): string[] => [
  people >= subTeamsFrom ? `${people} agents: coordination grows with size, a team of ${subTeamsFrom} or more wants sub-teams` : people >= overheadFrom ? `${people} agents: coordination takes a part of the work that grows with size` : `${people} agents: coordination is no concern`,
  `a workspace above ${workspaceGb} GB is a bottleneck`,
  'the phone app needs upkeep with each version of its platforms',
];
