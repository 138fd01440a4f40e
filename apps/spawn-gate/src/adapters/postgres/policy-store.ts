import { createHash } from 'node:crypto';
import { principalOf, type Audit } from '@countersign/audit';
import { SIMULATED_KINDS, type PersonId, type PolicyApplied, type SimulatedKind } from '@countersign/contracts';
import { Database, json, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import type { PolicyFile, PolicyFolder, PolicyKind } from '../files/policy-files.js';

interface VersionRow {
  readonly kind: PolicyKind;
  readonly id: string;
  readonly version: number;
  readonly hash: Buffer;
  readonly doc: object;
  /** The newest version that a file made, or that says that the file is gone; null where a person made it over HTTP and no file ever did. */
  readonly file_hash: Buffer | null;
}

/** What a person makes of what is in force: another document, its end, or a refusal. */
export type Edit = { readonly file: Omit<PolicyFile, 'kind' | 'id' | 'source'> } | 'drop' | { readonly refused: string; readonly message: string };
export type Refused = Extract<Edit, { refused: string }>;
export interface Edited {
  readonly version: number;
  readonly hash: string;
}

/** What a person may write: the rules that spawns are judged by. */
export type WrittenByPerson = Omit<PolicyFile, 'kind' | 'source'> & { readonly kind: SimulatedKind };
/** The sum of the newest versions of these is the revision: none is ever deleted, so it grows with each change and never says the same twice. */
const REVISED: ReadonlySet<string> = new Set(SIMULATED_KINDS);
export interface InForceNow {
  readonly revision: number;
  /** The spawn policy; undefined: none. */
  readonly policy: object | undefined;
}
export interface Together {
  readonly revision: number;
  readonly applied: PolicyApplied[];
}

const RETIRED = { doc: { retired: true }, hash: createHash('sha256').digest('hex') } as const;
/** Where a version comes from that no file made. */
export const BY_PERSON = 'person';

/**
 * Policies as versioned rows: never changed, never deleted; the newest version of each is in force, also for what runs already.
 *
 * The last change wins, whoever makes it: a file that has not changed since it was read does not undo what a person did over HTTP.
 */
@Injectable()
export class PolicyStore {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** Makes a version of every file that is new or changed, and takes back what has lost its file. Returns what changed, as `kind/id@version`. */
  put({ files, complete }: Pick<PolicyFolder, 'files' | 'complete'>): Promise<string[]> {
    return this.database.withPlatform(async (tx) => {
      const rows = await this.newest(tx);
      const known = (kind: PolicyKind, id: string): VersionRow | undefined => rows.find((row) => row.kind === kind && row.id === id);
      const changed = files.filter(({ kind, id, hash }) => known(kind, id)?.file_hash?.toString('hex') !== hash);
      const lost = ({ kind, id, file_hash }: VersionRow): boolean =>
        file_hash !== null && file_hash.toString('hex') !== RETIRED.hash && complete.has(kind) && !files.some((file) => file.kind === kind && file.id === id);
      return Promise.all([
        ...changed.map((file) => this.write(tx, file, known(file.kind, file.id))),
        ...rows.filter(lost).map((row) => this.write(tx, { kind: row.kind, id: row.id, ...RETIRED, source: 'removed' }, row)),
      ]).then((written) => written.map(({ name }) => name));
    });
  }

  /** A person changes one of them; `edit` sees what is in force (undefined: nothing) and its version, and says what shall be. One after the other. */
  edit(by: PersonId, kind: PolicyKind, id: string, edit: (doc: object | undefined, version: number) => Promise<Edit>): Promise<Edited | Refused> {
    return this.database.withPlatform(
      async (tx) => {
        const before = (await this.newest(tx)).find((row) => row.kind === kind && row.id === id);
        const wanted = await edit(before && !('retired' in before.doc) ? before.doc : undefined, before?.version ?? 0);
        if (typeof wanted === 'object' && 'refused' in wanted) return wanted;
        const next = wanted === 'drop' ? RETIRED : wanted.file;
        return this.settle(tx, { kind, id, ...next }, before);
      },
      { principal: principalOf({ kind: 'person', id: by }) },
    );
  }

  /** A person puts several in force: all of them in one transaction, or none where `against` says what stands against it. `dry`: nothing is written. */
  together(by: PersonId, files: readonly WrittenByPerson[], against: (now: InForceNow) => Refused | undefined, { dry }: { readonly dry: boolean }): Promise<Together | Refused> {
    return this.database.withPlatform(
      async (tx) => {
        const rows = (await this.newest(tx)).filter(({ kind }) => REVISED.has(kind));
        const revision = rows.reduce((sum, { version }) => sum + version, 0);
        const known = ({ kind, id }: WrittenByPerson): VersionRow | undefined => rows.find((row) => row.kind === kind && row.id === id);
        const refused = against({ revision, policy: rows.find(({ kind, id, doc }) => kind === 'spawn-policy' && id === kind && !('retired' in doc))?.doc });
        if (refused) return refused;
        const changed = files.map((file) => known(file)?.hash.toString('hex') !== file.hash);
        const edited = dry ? files.map((file, at) => ({ version: (known(file)?.version ?? 0) + (changed[at] ? 1 : 0), hash: file.hash })) : await Promise.all(files.map((file) => this.settle(tx, file, known(file))));
        return { revision: revision + (dry ? 0 : changed.filter(Boolean).length), applied: files.map(({ kind, id }, at) => ({ kind, id, version: edited[at]!.version, changed: changed[at]! })) };
      },
      { principal: principalOf({ kind: 'person', id: by }) },
    );
  }

  /** What says what is there already is no version. */
  private async settle(tx: Tx, file: Omit<PolicyFile, 'source'>, before: VersionRow | undefined): Promise<Edited> {
    if (before?.hash.toString('hex') === file.hash) return { version: before.version, hash: file.hash };
    return this.write(tx, { ...file, source: BY_PERSON }, before);
  }

  /** Under a lock: two gates that start together import once, and nobody changes what another is changing. */
  private async newest(tx: Tx): Promise<VersionRow[]> {
    await tx.read(sql`select pg_advisory_xact_lock(hashtextextended('policies', 0))`);
    return tx.read<VersionRow>(sql`select distinct on (p.kind, p.id) p.kind, p.id, p.version, p.hash, p.doc,
        (select f.hash from app.policy f where f.kind = p.kind and f.id = p.id and f.source <> ${BY_PERSON} order by f.version desc limit 1) as file_hash
      from app.policy p order by p.kind, p.id, p.version desc`);
  }

  private async write(tx: Tx, { kind, id, doc, hash, source }: PolicyFile, before: VersionRow | undefined): Promise<Edited & { name: string }> {
    const version = (before?.version ?? 0) + 1;
    tx.write(sql`insert into app.policy (kind, id, version, doc, hash, source) values (${kind}, ${id}, ${version}, ${json(doc)}, ${Buffer.from(hash, 'hex')}, ${source})`);
    await this.audit(tx, 'POLICY-CHANGED', { policy: `${kind}/${id}`, version: String(version), sha256: hash, ...(before ? { replaced_sha256: before.hash.toString('hex') } : {}) });
    return { version, hash, name: `${kind}/${id}@${version}` };
  }
}
