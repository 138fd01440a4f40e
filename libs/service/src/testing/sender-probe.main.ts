// A manager stand-in in a process of its own, for tests that kill it: sends messages of a team, one after another, until it is killed.
import { Bus, Relay } from '@countersign/bus';
import type { MemberId } from '@countersign/contracts';
import { Database, readContextKey } from '@countersign/database';
import type { SeededTeam } from '@countersign/testing';
import { readConfig } from '../config.js';
import { createLogger } from '../logger.js';
import { assign } from './house.js';

const config = readConfig('manager-agent', process.env);
const team = JSON.parse(process.env['PROBE_TEAM'] ?? '{}') as SeededTeam;
const database = new Database({ url: config.databaseUrl, contextKey: readContextKey(config.contextKeyFile) });
new Relay(await Bus.connect({ url: config.natsUrl, credsFile: config.natsCreds, user: 'manager-agent' }), database, createLogger(config)).start();
for (const members: MemberId[] = [team.memberId, team.managerId]; ; members.push(members.shift()!)) await assign(database, team, members[0]);
