import type { Json } from './json.js';

/**
 * A value that names or quotes a person: the chain gets a keyed commitment, the value goes to the erasable table.
 *
 * `subject` is whom it is about (a person id; a team's id where no single person can be named). Erasing the subject erases the value.
 */
export class Personal {
  constructor(
    readonly subject: string,
    readonly value: string,
  ) {}
}

/** Words by or about a person. */
export const personal = (subject: string, value: string): Personal => new Personal(subject, value);

/** A person's own id. */
export const person = (personId: string): Personal => new Personal(personId, personId);

export type FieldKind = 'text' | 'flag' | 'count' | 'time' | 'sha256' | 'json' | 'choice' | 'personal' | 'codeOrPersonal';

/** One field of an action's body. `T` is what the caller gives; it exists for the compiler only. */
export interface Field<T, Needed extends boolean = boolean> {
  readonly kind: FieldKind;
  readonly needed: Needed;
  readonly nullable: boolean;
  readonly choices?: readonly string[];
  readonly __type?: T;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

const needed = <T>(kind: FieldKind): Field<T, true> => ({ kind, needed: true, nullable: false });

/** An id, a name, a path: text written by a machine, at most 500 characters. */
export const text = needed<string>('text');
export const flag = needed<boolean>('flag');
/** An integer; it is stored as a decimal string. */
export const count = needed<number | bigint>('count');
/** A moment; stored as RFC 3339 UTC with milliseconds. */
export const time = needed<Date>('time');
/** A SHA-256 in lower-case hex. */
export const hash = needed<string>('sha256');
export const json = needed<Json>('json');
export const personalField = needed<Personal>('personal');
/** A stable code or id when a machine says it; a person's words or id only as `Personal`. Free text that is not personal does not pass. */
export const codeOrPersonal = needed<string | Personal>('codeOrPersonal');

export const choice = <const C extends readonly string[]>(...choices: C): Field<C[number], true> => ({ ...needed<C[number]>('choice'), choices });
export const optional = <T>(field: Field<T, true>): Field<T, false> => ({ ...field, needed: false });
export const orNull = <T>(field: Field<T, true>): Field<T | null, true> => ({ ...field, nullable: true });

type TypeOf<F> = F extends Field<infer T> ? T : never;
type Plain<T> = { [K in keyof T]: T[K] };

/** What a caller passes for these fields: the needed ones, and maybe the others, nothing else. */
export type BodyOfFields<F extends Fields> = Plain<
  { readonly [K in keyof F as F[K] extends Field<unknown, true> ? K : never]: TypeOf<F[K]> } & {
    readonly [K in keyof F as F[K] extends Field<unknown, true> ? never : K]?: TypeOf<F[K]>;
  }
>;
