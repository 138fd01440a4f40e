import { describe, it } from 'node:test';
import { BUDGET_UNITS } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { each, full, isNothing, minus, NOTHING, plus, type Full } from './amounts.js';
import { accountOf, close, exhausted, freeOf, missionGrant, newAccount, open, possibleOvershoot, raise, reserve, resolveSlice, spend, starved, topUp, used, type Account, type Chain } from './budget.js';

const amount = fc.record({ tokens: fc.nat(1000), steps: fc.nat(50), tool_calls: fc.nat(50), ms: fc.nat(100_000), usd_micros: fc.nat(1_000_000) });
const some = fc.record({ tokens: fc.nat(1000), steps: fc.nat(50), tool_calls: fc.nat(50), ms: fc.nat(100_000), usd_micros: fc.nat(1_000_000) }, { requiredKeys: [] });
const atMost = (a: Full, b: Full): boolean => BUDGET_UNITS.every((unit) => a[unit] <= b[unit]);
const sum = (all: readonly Full[]): Full => all.reduce(plus, NOTHING);

describe('what a child gets', () => {
  it('is the role default, overridden by the template, overridden by the bundle, unit by unit', () => {
    const slice = resolveSlice({ roleDefault: { tokens: 10, steps: 10, ms: 10 }, templateDefault: { tokens: 20, steps: 20 }, override: { tokens: 30 } }, full({ tokens: 100, steps: 100, tool_calls: 100, ms: 100, usd_micros: 100 }), 40);
    expect(slice).toEqual({ tokens: 30, steps: 20, ms: 10, tool_calls: 40, usd_micros: 40 });
  });

  it('is never more than its percentage of what the parent has left, whoever wishes what', () => {
    fc.assert(fc.property(some, some, some, amount, fc.integer({ min: 1, max: 100 }), (roleDefault, templateDefault, override, free, percent) => {
      const slice = resolveSlice({ roleDefault, templateDefault, override }, free, percent);
      for (const unit of BUDGET_UNITS) {
        expect(slice[unit]).toBeLessThanOrEqual(Math.floor((free[unit] * percent) / 100));
        const wish = override[unit] ?? templateDefault[unit] ?? roleDefault[unit];
        if (wish !== undefined) expect(slice[unit]).toBe(Math.min(wish, Math.floor((free[unit] * percent) / 100)));
      }
    }));
  });

  it('is not started when it would get nothing of a unit that it needs', () => {
    const parent = accountOf({ tokens: 10, steps: 10 }, {}, { tokens: 10 });
    const wishes = { templateDefault: { tokens: 5, steps: 5, tool_calls: 0 } };
    expect(starved(wishes, resolveSlice(wishes, freeOf(parent), 100), parent.granted)).toEqual(['tokens']);
    expect(starved({}, NOTHING, parent.granted)).toEqual(['tokens', 'steps']);
    expect(starved({ override: { tokens: 0, steps: 0 } }, NOTHING, parent.granted)).toEqual([]);
  });
});

describe('a mission', () => {
  it('is granted what the bundle says, no more than the policy allows, no more than the team has', () => {
    const bundle = full({ tokens: 200, steps: 100, usd_micros: 50, ms: 10, tool_calls: 10 });
    expect(missionGrant(bundle, { tokens: 150 }, full({ tokens: 1000, steps: 60, usd_micros: 50, ms: 10, tool_calls: 10 }))).toEqual(full({ tokens: 150, steps: 60, usd_micros: 50, ms: 10, tool_calls: 10 }));
  });
});

describe('reserving', () => {
  const account = accountOf({ tokens: 10, steps: 1 }, { tokens: 4 }, { tokens: 3 });

  it('takes all or nothing where nothing less is of use', () => {
    expect(reserve(account, full({ tokens: 3, steps: 1 }))).toMatchObject({ outcome: 'granted', account: { held: full({ tokens: 7, steps: 1 }) } });
    expect(reserve(account, full({ tokens: 4 }))).toEqual({ outcome: 'wait' });
    expect(reserve(account, full({ tokens: 1, tool_calls: 1 }))).toEqual({ outcome: 'short', units: ['tool_calls'] });
  });

  it('waits as long as what others hold would suffice, and is short when not even that would', () => {
    expect(reserve(account, full({ tokens: 7 }))).toEqual({ outcome: 'wait' });
    expect(reserve(account, full({ tokens: 8 }))).toEqual({ outcome: 'short', units: ['tokens'] });
    expect(reserve(account, full({ tokens: 100 }), full({ tokens: 7 }))).toEqual({ outcome: 'wait' });
  });

  it('takes the same part of every unit, so that no tokens are held that the money does not reach for', () => {
    const tight = accountOf({ tokens: 1_000, usd_micros: 600 });
    expect(reserve(tight, full({ tokens: 900, usd_micros: 1_100 }), full({ tokens: 100, usd_micros: 100 }))).toMatchObject({ outcome: 'granted', amounts: { tokens: 500, usd_micros: 600 } });
  });

  it('grants what is needed and free, and never more than is free or was wanted', () => {
    fc.assert(fc.property(amount, amount, amount, amount, (granted, held, wanted, needed) => {
      const before = accountOf(granted, each((unit) => Math.min(held[unit], granted[unit])));
      const answer = reserve(before, wanted, needed);
      const floor = each((unit) => Math.min(wanted[unit], needed[unit]));
      if (answer.outcome !== 'granted') return expect(atMost(floor, freeOf(before))).toBe(false);
      expect(atMost(answer.amounts, freeOf(before)) && atMost(answer.amounts, wanted) && atMost(floor, answer.amounts)).toBe(true);
      if (atMost(wanted, freeOf(before))) expect(answer.amounts).toEqual(wanted);
      expect(minus(answer.account.held, before.held)).toEqual(answer.amounts);
    }));
  });

  it('may be overshot only where less was granted than was wanted, and no further than the provider may go', () => {
    expect(possibleOvershoot(full({ tokens: 900 }), full({ tokens: 900 }), full({ tokens: 400 }))).toEqual(NOTHING);
    expect(possibleOvershoot(full({ tokens: 900 }), full({ tokens: 700 }), full({ tokens: 400 }))).toEqual(full({ tokens: 200 }));
    expect(possibleOvershoot(full({ tokens: 900 }), full({ tokens: 100 }), full({ tokens: 400 }))).toEqual(full({ tokens: 400 }));
  });
});

describe('a raise', () => {
  it('is taken from what those above have free, and what they have not, they get too', () => {
    fc.assert(fc.property(amount, amount, amount, amount, (team, mission, instance, more) => {
      const one = open([newAccount(team)], each((unit) => Math.min(mission[unit], team[unit])));
      const two = open([one.child, ...one.parents], each((unit) => Math.min(instance[unit], one.child.granted[unit])));
      const before = [two.child, ...two.parents];
      const [leaf, middle, top] = raise(before, more) as [Account, Account, Account];
      expect(minus(leaf.granted, before[0]!.granted)).toEqual(more);
      expect([minus(middle.held, before[1]!.held), freeOf(leaf)]).toEqual([more, plus(freeOf(before[0]!), more)]);
      for (const unit of BUDGET_UNITS) {
        const [free, freeTop] = [freeOf(before[1]!)[unit], freeOf(before[2]!)[unit]];
        expect(freeOf(middle)[unit]).toBe(Math.max(0, free - more[unit]));
        expect(freeOf(top)[unit]).toBe(Math.max(0, freeTop - Math.max(0, more[unit] - free)));
        expect(top.granted[unit] - before[2]!.granted[unit]).toBe(Math.max(0, more[unit] - free - freeTop));
      }
      for (const [parent, child] of [[top, middle], [middle, leaf]] as const) expect(parent.held).toEqual(minus(child.granted, child.spent));
    }));
  });

  it('is as much again as was granted, and what is needed where nothing was', () => {
    expect(topUp(accountOf({ tokens: 100, steps: 7 }), ['tokens', 'usd_micros'], full({ tokens: 5, usd_micros: 3 }))).toEqual(full({ tokens: 100, usd_micros: 3 }));
  });
});

describe('the marks of a budget', () => {
  it('warn at eighty percent and stop at a hundred, and leave alone what was never granted', () => {
    const account = accountOf({ tokens: 100, steps: 10, ms: 5 }, {}, { tokens: 79, steps: 8, ms: 5 });
    expect(used(account, 80)).toEqual(['steps', 'ms']);
    expect(exhausted(account)).toEqual(['ms']);
    const overrun = accountOf({ tokens: 120, steps: 10, ms: 5 }, { tokens: 20 }, { tokens: 100, steps: 8, ms: 5 });
    expect(exhausted(overrun, account)).toEqual(['ms', 'tokens']);
  });
});

/** A team with missions and instances, moved only by the functions of the rule. */
interface Tree {
  team: Account;
  missions: { account: Account; children: number[] }[];
  instances: { account: Account; mission: number; open: boolean; reserved: Full }[];
}

type Step = { readonly kind: 'mission' | 'spawn' | 'reserve' | 'settle' | 'end' | 'late'; readonly pick: number; readonly amount: Full };
const steps = fc.array(fc.record({ kind: fc.constantFrom('mission', 'spawn', 'spawn', 'reserve', 'settle', 'end', 'late') as fc.Arbitrary<Step['kind']>, pick: fc.nat(), amount }), { maxLength: 40 });

function play(tree: Tree, { kind, pick, amount: asked }: Step): Full {
  const chainOf = (index: number): Chain => [tree.instances[index]!.account, tree.missions[tree.instances[index]!.mission]!.account, tree.team];
  const put = (index: number, [account, mission, team]: Chain): void => {
    tree.instances[index]!.account = account!;
    tree.missions[tree.instances[index]!.mission]!.account = mission!;
    tree.team = team!;
  };
  if (kind === 'mission') {
    const granted = missionGrant(asked, {}, freeOf(tree.team));
    const opened = open([tree.team], granted);
    tree.team = opened.parents[0]!;
    tree.missions.push({ account: opened.child, children: [] });
    return NOTHING;
  }
  if (kind === 'spawn') {
    if (tree.missions.length === 0) return NOTHING;
    const mission = pick % tree.missions.length;
    const opened = open([tree.missions[mission]!.account, tree.team], resolveSlice({ override: asked }, freeOf(tree.missions[mission]!.account), 40));
    [tree.missions[mission]!.account, tree.team] = opened.parents as [Account, Account];
    tree.missions[mission]!.children.push(tree.instances.push({ account: opened.child, mission, open: true, reserved: NOTHING }) - 1);
    return NOTHING;
  }
  if (tree.instances.length === 0) return NOTHING;
  const index = pick % tree.instances.length;
  const instance = tree.instances[index]!;
  if (kind === 'late' ? instance.open : !instance.open) return NOTHING;
  if (kind === 'reserve') {
    const after = reserve(instance.account, asked, each((unit) => Math.floor(asked[unit] / 4)));
    if (after.outcome === 'granted') Object.assign(instance, { account: after.account, reserved: plus(instance.reserved, after.amounts) });
    return NOTHING;
  }
  if (kind === 'end') {
    put(index, close(chainOf(index)).chain);
    Object.assign(instance, { open: false, reserved: NOTHING });
    return NOTHING;
  }
  const booking = spend(chainOf(index), asked, kind === 'settle' ? instance.reserved : NOTHING);
  put(index, booking.chain);
  instance.reserved = kind === 'settle' ? NOTHING : instance.reserved;
  expect(plus(booking.booked, booking.overshoot)).toEqual(asked);
  return booking.booked;
}

describe('the budget tree', () => {
  it('keeps spent + held + free = granted at every node, whatever happens in whatever order', () => {
    fc.assert(fc.property(amount, steps, (granted, script) => {
      const tree: Tree = { team: newAccount(granted), missions: [], instances: [] };
      let booked = NOTHING;
      for (const step of script) {
        booked = plus(booked, play(tree, step));
        const nodes = [tree.team, ...tree.missions.map(({ account }) => account), ...tree.instances.map(({ account }) => account)];
        for (const node of nodes) expect(atMost(plus(node.spent, node.held), node.granted) && atMost(NOTHING, node.held) && atMost(NOTHING, node.spent)).toBe(true);
        for (const { account, children } of tree.missions) {
          const own = children.map((child) => tree.instances[child]!.account);
          expect(account.held).toEqual(sum(own.map((child) => minus(child.granted, child.spent))));
          expect(account.spent).toEqual(sum(own.map(({ spent }) => spent)));
        }
        for (const instance of tree.instances) expect(instance.account.held).toEqual(instance.reserved);
        expect(tree.team.held).toEqual(sum(tree.missions.map(({ account }) => minus(account.granted, account.spent))));
        expect(tree.team.spent).toEqual(booked);
        expect(tree.team.granted).toEqual(granted);
      }
    }), { numRuns: 300 });
  });

  it('gives everything unspent back when all is closed', () => {
    const opened = open([newAccount(full({ tokens: 100 }))], full({ tokens: 60 }));
    const worker = open([opened.child, opened.parents[0]!], full({ tokens: 20 }));
    const spent = spend([worker.child, ...worker.parents], full({ tokens: 5 })).chain;
    const ended = close(spent);
    expect(ended.released).toEqual(full({ tokens: 15 }));
    const [, mission, team] = ended.chain as [Account, Account, Account];
    const done = close([mission, team]);
    expect(freeOf(done.chain[1]!)).toEqual(full({ tokens: 95 }));
    expect(isNothing(freeOf(done.chain[0]!))).toBe(true);
  });

  it('books what a provider used beyond its reservation, from above, and names what nobody could pay', () => {
    const chain: Chain = [accountOf({ tokens: 10 }, { tokens: 10 }), accountOf({ tokens: 15 }, { tokens: 10 }), accountOf({ tokens: 20 }, { tokens: 15 })];
    const { chain: after, booked, overshoot } = spend(chain, full({ tokens: 23 }), full({ tokens: 10 }));
    expect([booked.tokens, overshoot.tokens]).toEqual([20, 3]);
    expect(after.map(({ granted, held, spent }) => [granted.tokens, held.tokens, spent.tokens])).toEqual([[20, 0, 20], [20, 0, 20], [20, 0, 20]]);
    expect(each((unit) => after[2]!.granted[unit])).toEqual(full({ tokens: 20 }));
  });
});
