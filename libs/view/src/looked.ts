import type { ApprovalArtifact, ApprovalDetail } from '@countersign/contracts';

type File = Pick<ApprovalArtifact, 'path' | 'mode' | 'sha256' | 'deleted'>;

/** From this tier on, where others see what is done, every file was on the screen, or its reader said that they do without; whoever approves faster than anybody reads comes by every file at any tier. */
const LOOK_FROM_TIER = 2;

/** A file by what it says: the same in a later version was looked at. */
export const lookedName = ({ path, mode, sha256, deleted }: File): string => `${deleted ? 'gone' : sha256}${mode === '100755' && !deleted ? ' runs' : ''} ${path}`;

/** Whether a person has to look at every file before they approve. */
const mustLook = ({ tier }: Pick<ApprovalDetail, 'tier'>, hasty = false): boolean => tier >= LOOK_FROM_TIER || hasty;

/** What a person has not looked at yet and has to, before they approve. */
export const notLookedAt = <F extends File>(asked: { readonly tier: ApprovalDetail['tier']; readonly artifacts: readonly F[] }, looked: ReadonlySet<string>, hasty = false): readonly F[] =>
  mustLook(asked, hasty) ? asked.artifacts.filter((file) => !looked.has(lookedName(file))) : [];

/** Whether what is equal to a file's earlier version need not be on the screen: that version was looked at, or looking counts for nothing here. */
export const mayFold = (asked: Pick<ApprovalDetail, 'tier'>, base: Omit<File, 'deleted'>, looked: ReadonlySet<string>, hasty = false): boolean => !mustLook(asked, hasty) || looked.has(lookedName({ ...base, deleted: false }));

const PICTURES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif']);
/** What a page can show as it is. Vectors are texts, and shown as such: they may hold what is not seen. */
export const isPicture = (mediaType: string): boolean => PICTURES.has(mediaType);
