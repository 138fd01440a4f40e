import type { Machine } from './states.js';

/** States of an item on the list that agents keep among themselves, in the original's words. No review stands behind `completed`: it is the agent's own word. */
export const TODO_STATES = ['pending', 'in_progress', 'completed', 'deleted'] as const;
export type TodoState = (typeof TODO_STATES)[number];
export const todoMachine: Machine<TodoState> = {
  pending: ['in_progress', 'completed', 'deleted'],
  in_progress: ['pending', 'completed', 'deleted'],
  completed: ['pending', 'in_progress', 'deleted'],
  deleted: [],
};

/** What one item of a mission waits for at most: an item of the agents' list, and as many as a mission has of work items. */
export const MOST_LINKS = 100;
/** Bytes of an item's metadata, as the database writes it down. */
export const MOST_METADATA_BYTES = 8192;

/** What agents of a team send each other. None of it is more than words: a response answers a message, and opens nothing. */
export const MESSAGE_TYPES = ['message', 'broadcast', 'shutdown_request', 'shutdown_response', 'plan_approval_response'] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];
/** The lead by the name that the original's agents know. */
export const TEAM_LEAD = 'team-lead';

/** Nobody adds a member to a hired team or takes one away, by whichever door they try: why, and what there is instead. */
export const COMPOSITION_FIXED = {
  code: 'composition_fixed',
  why: 'who is in a team is what its bundle says, and what Genesis certified',
  instead: 'a governor asks for other members and Genesis puts a fresh one in a member’s place; a team with more or fewer is a new version of the bundle, hired when this one has ended',
} as const;
