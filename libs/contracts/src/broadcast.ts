import { IsIn, IsObject } from 'class-validator';
import { EVENT_TYPES, type EventType } from './http/records.js';
import type { BodyClass } from './message.js';
import { IsId } from './rules.js';
import type { Service } from './services.js';

/**
 * What the copies of one service tell each other, at most once and kept nowhere: `live.<service>.<topic>`, written and heard by
 * that service alone. Nothing may depend on it but what a person's screen shows a moment earlier.
 */
export interface Broadcast<T extends object = object> {
  readonly service: Service;
  readonly topic: string;
  readonly body: BodyClass<T>;
}

const registry: Broadcast[] = [];

export function defineBroadcast<T extends object>(broadcast: Broadcast<T>): Broadcast<T> {
  registry.push(broadcast as Broadcast);
  return broadcast;
}

export const broadcasts = (): readonly Broadcast[] => registry;

export const broadcastSubject = ({ service, topic }: Broadcast): string => `live.${service}.${topic}`;

/** One live event, for the listeners of the other copies. */
export class FeedNews {
  /** The copy that tells it, which has told its own listeners already. */
  @IsId() from!: string;
  @IsIn(EVENT_TYPES) type!: EventType;
  @IsObject() data!: Readonly<Record<string, unknown>>;
}
export const feedNews = defineBroadcast({ service: 'gateway', topic: 'feed', body: FeedNews });
