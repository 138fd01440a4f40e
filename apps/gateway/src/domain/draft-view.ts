import type { Bundle, BundleDraftView, DraftSummary, MemberRights, RightsOf } from '@countersign/contracts';
import type { Caller } from './access.js';
import type { BundleFacts } from './check-bundle.js';
import { isReviewed, type DraftRow, type JudgedDraft } from './judge-draft.js';
import { asPublished, quoteFor } from './quote.js';

/** A draft in a list; a review counts only for the text that was reviewed. */
export function draftSummary(row: DraftRow): DraftSummary {
  const reviewed = isReviewed(row);
  return {
    id: row.id,
    sha256: row.hash.toString('hex'),
    editedBy: row.editedBy,
    editedAt: row.editedAt.toISOString(),
    reviewed,
    reviewedBy: reviewed ? row.reviewedBy : null,
    reviewedAt: reviewed ? (row.reviewedAt?.toISOString() ?? null) : null,
  };
}

/** A draft with all that can be said of it. */
export function draftView(by: Caller, { row, judged: { document, bundle, faults, changes }, facts }: { readonly row: DraftRow; readonly judged: JudgedDraft; readonly facts: BundleFacts & { readonly rightsOf: RightsOf } }): Omit<BundleDraftView, 'certification'> {
  return {
    ...draftSummary(row),
    text: row.text,
    document: document ?? null,
    replaces: facts.newest,
    faults: faults.map(({ pointer, rule, message, line, column }) => ({ pointer, rule, message, line, column })),
    changes: [...changes],
    rights: bundle ? rightsOfMembers(bundle, facts.rightsOf) : [],
    quote: bundle ? quoteFor(by, facts.prices, { bundle: null, ...asPublished(bundle) }, 1) : null,
  };
}

const rightsOfMembers = ({ manager, members }: Bundle, rightsOf: RightsOf): MemberRights[] =>
  [{ skill: 'manager', template: manager.template }, ...members.map(({ skill, agent, template = agent }) => ({ skill, template }))].map(({ skill, template }) => ({ skill, rights: [...(rightsOf(template) ?? [])] }));
