/** The ten headings of a way of working (S4-114): what Genesis wants said, and shown, before it certifies. In this order. */
export const HEADINGS = {
  outcome: 'Outcome and closure',
  scope: 'Scope and refusals',
  inputs: 'Inputs and the quality of evidence',
  outputs: 'Outputs and artifacts',
  interfaces: 'Interfaces, read and written',
  decisions: 'Decision rights',
  critique: 'Critique of itself',
  escalation: 'Escalation triggers',
  containment: 'Safety containment',
  audit: 'Auditability',
} as const;
export type HeadingId = keyof typeof HEADINGS;
export const HEADING_IDS = Object.keys(HEADINGS) as readonly HeadingId[];
export const headingName = (heading: HeadingId): string => `${HEADING_IDS.indexOf(heading) + 1} ${HEADINGS[heading]}`;

/** One thing that is claimed for a heading, and whether it is so. */
export interface Proof {
  readonly claim: string;
  readonly holds: boolean;
}
export interface HeadingEvidence {
  readonly heading: HeadingId;
  /** What is said about it, for people; empty where nothing is. */
  readonly says: string;
  readonly evidence: readonly Proof[];
}
/** What Genesis certifies: a team's manifest, or the way of working of an agent that is in every team. */
export interface Checklist {
  readonly subject: string;
  /** Which version of it. */
  readonly version: string;
  readonly headings: readonly HeadingEvidence[];
}
export interface Lack {
  readonly subject: string;
  readonly heading: HeadingId;
  readonly what: readonly string[];
}

/** Which heading lacks what: words, evidence, or evidence that is true. A heading that is not there lacks everything. */
export function lacksOf({ subject, headings }: Checklist): Lack[] {
  return HEADING_IDS.flatMap((heading) => {
    const said = headings.filter((each) => each.heading === heading);
    const proofs = said.flatMap(({ evidence }) => evidence);
    const what = [
      ...(said.some(({ says }) => says.trim() !== '') ? [] : ['says nothing']),
      ...(proofs.length > 0 ? [] : ['has no evidence']),
      ...proofs.filter(({ holds }) => !holds).map(({ claim }) => `it is not so that ${claim}`),
    ];
    return what.length === 0 ? [] : [{ subject, heading, what }];
  });
}

/** Every heading that lacks something, by its name, the first thing that it lacks beside it. */
export const lackWords = (lacks: readonly Lack[]): string => lacks.map(({ subject, heading, what }) => `${subject}, ${headingName(heading)}: ${what.length > 1 ? `${what[0]}, and ${what.length - 1} more` : what[0]}`).join('; ');
