import { after, before, describe, it } from 'node:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'expect';
import { PolicyDesk } from './adapters/postgres/policy-desk.js';
import { DOORS, DoorTeam, MOULDS, OPEN, worlds, type DoorName, type Trace, type World } from './testing/doors.js';
import { GateBench } from './testing/gate-bench.js';

const WORLDS = 20;
const EACH = 25;
/** Doors that cannot carry every request. */
const FEWER: Partial<Record<DoorName, number>> = { deployment: 50, 'person with a parent': 50 };

let gate: GateBench;
let doors: DoorTeam[];
before(async () => {
  gate = await GateBench.open();
  const teams = await Promise.all(DOORS.map(() => gate.team(['certify'])));
  await open(OPEN);
  doors = await Promise.all(DOORS.map((door, index) => DoorTeam.open(gate, door, teams[index]!)));
});
after(() => gate.close());

const open = (policy: World['policy']) => gate.setPolicy(policy, MOULDS.map((mould) => ({ ...mould, skill_digests: { 'path:skills/known.md': 'a'.repeat(64) } })));

/** What every door must agree on. An instance runs at once where a supervisor or the manager's own service stands ready, and waits as a place elsewhere. */
const common = ({ decision, entry, instance, events }: Trace) => ({
  decision,
  entry,
  instance: instance === null ? null : { ...(instance as object), state: undefined },
  events: events.filter((event) => event !== 'instance.started' && !event.startsWith('approval.requested')),
});

/** What a door left behind, with what only it may add: who asked. */
const found = ({ door }: DoorTeam, trace: Trace, first: Trace) => ({ ...common(trace), source: trace.source, requestedBy: trace.requestedBy, parent: trace.parent, question: trace.question, narrower: door === 'deployment' || isWithin(trace, first) });
/** What it must leave behind, judged by the first door. */
const wanted = (team: DoorTeam, first: Trace) => ({ ...common(first), ...team.asker, question: first.question, narrower: true });
/** A parent may narrow a slice, never widen it. */
const isWithin = ({ slice }: Trace, first: Trace): boolean => slice === null || Object.entries(slice).every(([unit, amount]) => amount <= first.slice![unit]!);

describe('one gate', () => {
  it(`gives the same decision and the same record through every door, for ${WORLDS * EACH} requests`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const counted = new Map<string, number>();
    const seen = new Set<string>();
    const strays: unknown[] = [];
    for (const world of worlds(WORLDS, EACH, seed)) {
      await open(OPEN);
      await Promise.all(doors.map((door) => door.enter(world)));
      await open(world.policy);
      await Promise.all(doors.map((door) => door.set(world.mission)));
      const traces = await Promise.all(doors.map((door) => throughAll(door, world)));
      for (const [index, asked] of world.asked.entries()) {
        const first = traces[0]![index]!;
        seen.add((first.decision as { code: string }).code);
        for (const [at, door] of doors.entries()) {
          const trace = traces[at]![index];
          if (!trace) continue;
          counted.set(door.door, (counted.get(door.door) ?? 0) + 1);
          if (!isDeepStrictEqual(found(door, trace, first), wanted(door, first))) strays.push({ seed, door: door.door, asked, world, found: found(door, trace, first), wanted: wanted(door, first) });
        }
      }
      expect(strays).toEqual([]);
      await open(OPEN);
      await Promise.all(doors.map((door) => door.leave()));
    }
    for (const door of DOORS) expect([door, (counted.get(door) ?? 0) >= (FEWER[door] ?? WORLDS * EACH)]).toEqual([door, true]);
    expect(seen.size).toBeGreaterThan(8); // the requests are not all of one kind
  });

  it('writes down enough to judge each of those again: under its own policy and templates it comes out the same', async () => {
    const desk = new PolicyDesk(gate.database, gate.store, '/nowhere');
    const { simulation } = await desk.simulate({ by: gate.gov, kind: 'spawn-policy', draft: '{}', most: 10_000 });
    expect(simulation!.replayed).toBeGreaterThan(WORLDS * EACH);
    expect(simulation!.incomparable).toBe(0);
    expect(simulation!.newlyAllowed.count).toBe(0); // an empty policy allows nothing
  });

  it('is the only place that makes an instance: one statement of one file, reached through one function', () => {
    const sources = sourcesOf(join(import.meta.dirname, '..', 'src')).filter((path) => !path.endsWith('.spec.ts') && !path.includes('/testing/'));
    const holding = (words: string) => sources.filter((path) => readFileSync(path, 'utf8').includes(words)).map((path) => path.split('/src/')[1]);
    expect(holding('insert into app.instance')).toEqual(['adapters/postgres/write-spawn.ts']);
    expect(holding('decideSpawn(').sort()).toEqual(['adapters/postgres/write-spawn.ts', 'domain/decide-spawn.ts', 'domain/simulate.ts']);
  });
});

/** One after the other, because each changes what the next one finds. */
async function throughAll(door: DoorTeam, world: World): Promise<(Trace | undefined)[]> {
  const carried = world.asked.map((asked, index) => door.carries(world, asked, index));
  for (const [index, asked] of world.asked.entries()) if (carried[index]) await door.ask(index, asked);
  const traces = await door.traces();
  return carried.map((yes) => (yes ? traces.shift() : undefined));
}

const sourcesOf = (folder: string): string[] => readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile() && entry.name.endsWith('.ts')).map((entry) => join(entry.parentPath, entry.name));
