import type { MigrationInterface, QueryRunner } from 'typeorm';
import { audit } from './0002-audit.js';
import { board } from './0011-board.js';
import { coordination } from './0013-coordination.js';
import { bus } from './0003-bus.js';
import { certification } from './0012-certification.js';
import { context } from './0001-context.js';
import { guards } from './0007-guards.js';
import { ops } from './0008-ops.js';
import { people } from './0004-people.js';
import { lifecycle } from './0010-lifecycle.js';
import { requests } from './0009-requests.js';
import { teams } from './0005-teams.js';
import { work } from './0006-work.js';

/** TypeORM wants a class with a 13-digit time in its name; ours say their order and intent, and only go forward. */
const migration = (name: string, order: number, statements: string): new () => MigrationInterface =>
  class implements MigrationInterface {
    readonly name = `${name}${1_760_000_000_000 + order}`;
    async up(runner: QueryRunner): Promise<void> {
      await runner.query(statements);
    }
    down(): Promise<void> {
      return Promise.reject(new Error(`${name} cannot be undone: restore a backup, or write a new migration`));
    }
  };

/** Every statement of the schema in order: what a template database is recognised by. */
export const STATEMENTS: readonly string[] = [context, audit, bus, people, teams, work, guards, ops, requests, lifecycle, board, certification, coordination];

export const MIGRATIONS = [
  migration('SignedContext', 1, context),
  migration('AuditChain', 2, audit),
  migration('Bus', 3, bus),
  migration('People', 4, people),
  migration('Teams', 5, teams),
  migration('Work', 6, work),
  migration('Guards', 7, guards),
  migration('CrossTeamReads', 8, ops),
  migration('RequestKeys', 9, requests),
  migration('Lifecycle', 10, lifecycle),
  migration('Board', 11, board),
  migration('Certification', 12, certification),
  migration('Coordination', 13, coordination),
];
