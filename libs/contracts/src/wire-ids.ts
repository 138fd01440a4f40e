import { MalformedIdError, type GoalId, type TeamId } from './ids.js';

/**
 * Ids as the original's clients know them: a word, an underscore, and the UUID's 32 hex digits. Instance and session are one
 * row here, so both words stand before the same digits.
 */
export const WIRE_ID_KINDS = { instance: 'ins', session: 'ses', run: 'run', spawnApproval: 'spawn', toolApproval: 'tool', budgetApproval: 'budget' } as const;
export type WireIdKind = keyof typeof WIRE_ID_KINDS;

/** The mission of an instance that was started for none. */
export const DEFAULT_MISSION = 'mission-default';

const HEX = /^[0-9a-f]{32}$/;

export const wireId = (kind: WireIdKind, id: string): string => `${WIRE_ID_KINDS[kind]}_${id.replaceAll('-', '')}`;

/** The UUID of a wire id of this kind; throws `MalformedIdError` on anything else. A bare UUID is taken too. */
export function fromWireId(kind: WireIdKind, text: string): string {
  const prefix = `${WIRE_ID_KINDS[kind]}_`;
  const digits = (text.startsWith(prefix) ? text.slice(prefix.length) : text.replaceAll('-', '')).toLowerCase();
  if (!HEX.test(digits)) throw new MalformedIdError(kind);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`;
}

export const wireMission = (goalId: string | null): string => goalId ?? DEFAULT_MISSION;

/**
 * The account and stop flag of a team's default mission: the team's id with its version digit set to 8 (RFC 9562: custom), so
 * that it is a valid UUID, the same for ever, and no goal's id.
 */
export const defaultMissionId = (teamId: TeamId): GoalId => `${teamId.slice(0, 14)}8${teamId.slice(15)}` as GoalId;
