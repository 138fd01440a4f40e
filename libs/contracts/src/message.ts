import type { Service } from './services.js';

/** A class whose properties carry class-validator rules. */
export type BodyClass<T extends object = object> = new () => T;

type Placeholders<S extends string> = S extends `${string}{${infer P}}${infer Rest}` ? P | Placeholders<Rest> : never;
/** What fills a subject's braces: a missing or misspelt name does not compile. */
export type SubjectParams<S extends string> = Readonly<Record<Placeholders<S>, string>>;

export interface Message<T extends object = object, S extends string = string> {
  /** Name and version, `noun.verb.v1`. A changed meaning is a new version. */
  readonly name: string;
  /** `team.{teamId}.<topic>.<verb>[.{memberId}]` (design §6). */
  readonly subject: S;
  readonly body: BodyClass<T>;
  /** The only service that may publish it: allow-lists are made from this. */
  readonly author: Service;
  readonly consumers: readonly Service[];
}

const registry: Message[] = [];

/** Declares one message; publishers, consumers, allow-lists, streams and AsyncAPI all read this value. */
export function defineMessage<T extends object, const S extends string>(message: Message<T, S>): Message<T, S> {
  registry.push(message as Message);
  return message;
}

/** Every message declared, in order of declaration. */
export const messages = (): readonly Message[] => registry;

/** The concrete subject. Parameters are ids, so they cannot carry dots or wildcards; anything else throws. */
export function subjectOf<S extends string>(message: Message<object, S>, params: SubjectParams<S>): string {
  return message.subject.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = (params as Record<string, string>)[name];
    if (value === undefined || !/^[\w-]+$/.test(value)) throw new TypeError(`${message.name}: bad subject token ${name}`);
    return value;
  });
}

/** The subject with `*` for every placeholder: what a consumer filters on. */
export const subjectFilter = (message: Message): string => message.subject.replaceAll(/\{\w+\}/g, '*');

/** Reads the placeholders back from a stored subject; undefined if it is not this message's. */
export function subjectParams(message: Message, subject: string): Record<string, string> | undefined {
  const pattern = message.subject.split('.');
  const tokens = subject.split('.');
  if (pattern.length !== tokens.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const token = tokens[index]!;
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name) params[name] = token;
    else if (part !== token) return undefined;
  }
  return params;
}
