import { skillFile, type HeldSkill, type SkillRef, type SkillSources } from '@countersign/contracts';

/** SHA-256 in lower-case hex; comes in so that this file stays free of I/O and libraries. */
export type Sha256 = (text: string) => string;

/** `id:<id>` or `path:<path>` to the SHA-256 of the skill's content, for those that exist. */
export type SkillDigests = Readonly<Record<string, string>>;

/** How a skill is named in digests, pins and the hash: by path where it has one. */
export const skillKey = ({ id, path }: SkillRef): string => (path === undefined ? `id:${id}` : `path:${path}`);

/**
 * One hash over all skills of an instance: rows `path:<path>:<sha>` or `id:<id>:<sha>`, sorted, joined by newlines, hashed,
 * prefixed `sha256:` (the original's definition). No skills is the hash of nothing.
 */
export function skillHash(skills: readonly SkillRef[], digests: SkillDigests, sha256: Sha256): string {
  const rows = skills.map((skill) => `${skillKey(skill)}:${digests[skillKey(skill)] ?? ''}`).sort();
  return `sha256:${sha256(rows.join('\n'))}`;
}

/** The same as a supervisor needs it: which file, and what must be in it. A skill without content stops the spawn before this. */
export const heldSkills = (skills: readonly SkillRef[], digests: SkillDigests): HeldSkill[] => skills.map((skill) => ({ file: skillFile(skill), sha256: digests[skillKey(skill)] ?? '' }));

/** Whether `skills` contains what is required; every name the requirement gives must be the skill's own. */
export const brings = (skills: readonly SkillRef[], required: SkillRef): boolean =>
  skills.some(({ id, path }) => (required.id === undefined || required.id === id) && (required.path === undefined || required.path === path));

/** Why a skill may not be used, or undefined. In mode allowlist every name it carries must be listed: an id does not vouch for a path. */
export function sourceFault(skill: SkillRef, { mode, allowlistIds, allowlistPaths }: SkillSources): string | undefined {
  const { id, path } = skill;
  if (path !== undefined && leavesFolder(path)) return `${skillKey(skill)} lies outside the policies folder`;
  if (mode === 'project_only' && (path === undefined || id !== undefined)) return `${skillKey(skill)} is not a file of the policies folder`;
  if (mode !== 'allowlist') return undefined;
  const listed = (id === undefined || allowlistIds.includes(id)) && (path === undefined || allowlistPaths.includes(path));
  return listed ? undefined : `${skillKey(skill)} is not on the allowlist`;
}

const leavesFolder = (path: string): boolean => path.startsWith('/') || /^[A-Za-z]:/.test(path) || path.split(/[\\/]/).includes('..');

/** Why a skill, or the skills together, may be used no more, or undefined. */
export function recallFault(skills: readonly SkillRef[], digests: SkillDigests, recalled: readonly string[], sha256: Sha256): string | undefined {
  const gone = skills.find((skill) => recalled.includes(digests[skillKey(skill)] ?? ''));
  if (gone) return `the content of ${skillKey(gone)} was recalled`;
  return skills.length > 0 && recalled.some((hash) => skillHash(skills, digests, sha256) === `sha256:${hash}`) ? 'these skills together were recalled' : undefined;
}

/** Why a skill's content is not what was pinned, or undefined. */
export function pinFault(skill: SkillRef, { pinnedHashes }: SkillSources, digests: SkillDigests): string | undefined {
  const pins = [skill.id === undefined ? undefined : pinnedHashes[`id:${skill.id}`], skill.path === undefined ? undefined : pinnedHashes[`path:${skill.path}`]];
  const digest = digests[skillKey(skill)];
  return pins.some((pin) => pin !== undefined && pin !== digest) ? `the content of ${skillKey(skill)} is not the pinned one` : undefined;
}
