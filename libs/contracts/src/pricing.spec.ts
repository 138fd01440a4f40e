import { expect } from 'expect';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { bundleSchema } from './files/bundle.js';
import { InvalidFileError } from './files/invalid-file.js';
import { priceTableSchema, TARIFFS, type PriceTable } from './files/price-table.js';
import { conforms, readYaml } from './files/read-yaml.js';
import { firstMonthUsdMicros, priceOf, teamPrice } from './pricing.js';

const root = new URL('../../../', import.meta.url);
const shipped = readFileSync(new URL('policies/price-table.yaml', root), 'utf8');
const table = readYaml(priceTableSchema, 'price-table.yaml', shipped);
const RUPEE = 1_000_000;
const specialists = (n: number): string[] => Array.from({ length: n }, (_, at) => `skill-${at}`);

const price = fc.integer({ min: 8_000, max: 25_000 });
const skill = fc.constantFrom('content', 'seo', 'social', 'email', 'docs', 'never-heard-of');
const tables: fc.Arbitrary<PriceTable> = fc.record({ other: price, named: fc.dictionary(skill, price), percent: fc.integer({ min: 0, max: 100 }), least: fc.integer({ min: 0, max: 60_000 }), room: fc.integer({ min: 0, max: 40_000 }), rate: fc.double({ min: 0.0001, max: 1_000, noNaN: true }), usd: fc.double({ min: 0, max: 10_000, noNaN: true }) })
  .map(({ other, named, percent, least, room, rate, usd }) => ({
    ...table,
    agents: { ...table.agents, other, skills: named },
    tariffs: { ...table.tariffs, discounted: { discountPercent: percent, from: least, to: least + room } },
    platform: { ...table.platform, inrPerUsd: rate, usdPerMonth: { ...table.platform.usdPerMonth, services: usd } },
  }));
const skills = fc.uniqueArray(skill, { minLength: 1, maxLength: 6 });
const tariff = fc.constantFrom(undefined, ...TARIFFS);

describe('the price of agents and teams', () => {
  it('follows both sources (C-11): fixed 19, 24.5 and 30 thousand for three, four and five; else a discount between 30 and 60', () => {
    expect([2, 3, 4].map((n) => teamPrice(table, 'fixed', specialists(n)))).toEqual([19_000, 24_500, 30_000]);
    expect(teamPrice(table, 'discounted', ['content', 'seo', 'social', 'email'])).toBe(48_000);
    expect(teamPrice(table, 'discounted', ['docs'])).toBe(30_000);
    const dear = { ...table, agents: { ...table.agents, other: 25_000 } };
    expect(teamPrice(dear, 'discounted', specialists(4))).toBe(60_000);
    for (const each of Object.values(table.agents.skills)) expect(each >= 8_000 && each <= 25_000).toBe(true);
  });

  it('costs a platform 20 dollars a month, and 30,000 rupees are 360 dollars (S4-118): a fraction of one such team pays for it', () => {
    const { platform, monthlyMicros } = priceOf(table, { tariff: 'fixed', skills: specialists(4) }, 1);
    expect(platform.lines.map(({ what, usdMicros }) => [what, usdMicros / RUPEE])).toEqual([['services', 10], ['storage', 5], ['topics', 5], ['push', 0]]);
    expect(Math.round(monthlyMicros / RUPEE / table.platform.inrPerUsd)).toBe(360);
    // 20 of 360 dollars; the source's 0.07 is the same of a team of four
    expect(platform.breakEvenThousandths).toBe(56);
    expect(priceOf(table, { tariff: 'fixed', skills: specialists(3) }, 1).platform.breakEvenThousandths).toBe(69);
    expect(firstMonthUsdMicros(table, 40 * RUPEE)).toBe(60 * RUPEE);
  });

  it('rounds against the platform, and only where there is something to round', () => {
    const odd = { ...table, agents: { ...table.agents, skills: { manager: 8_003 }, other: 8_000 }, tariffs: { ...table.tariffs, discounted: { discountPercent: 20, from: 0, to: 60_000 } } };
    expect(teamPrice(odd, 'discounted', ['docs'])).toBe(12_802); // a fifth of 16,003 is 3,200.6
    const dear = { ...table, platform: { ...table.platform, inrPerUsd: 1_000, usdPerMonth: { services: 161, storage: 0, topics: 0, push: 0 } } };
    expect(priceOf(dear, { skills: ['seo'] }, 1, { monthlyMicros: 10_000 * RUPEE }).platform.breakEvenThousandths).toBe(16_100);
  });

  it('says what is lost where models use up a budget that is dearer than the price', () => {
    const { platform } = priceOf(table, { skills: ['seo'] }, 1, { modelUsdMicros: 1_000 * RUPEE });
    expect(platform.modelMicros).toBe(83_330 * RUPEE);
    expect(platform.leastMarginMicros).toBe((12_000 - 1_666.6 - 83_330) * RUPEE);
    expect(priceOf(table, { skills: ['seo'] }, 1).platform.leastMarginMicros).toBeNull();
    expect(priceOf(table, { skills: ['seo'] }, 1, { monthlyMicros: 0 }).platform.breakEvenThousandths).toBeNull();
  });

  it('adds up in whole micros, whatever the table, the team and the months', () => {
    fc.assert(fc.property(tables, skills, tariff, fc.integer({ min: 1, max: 120 }), (any, who, by, months) => {
      const { lines, discountMicros, floorMicros, monthlyMicros, totalMicros, platform } = priceOf(any, { skills: who, ...(by && { tariff: by }) }, months);
      const list = lines.reduce((sum, line) => sum + line.monthlyMicros, 0);
      expect(list - discountMicros + floorMicros).toBe(monthlyMicros);
      expect([monthlyMicros * months, platform.costMicros + platform.marginMicros]).toEqual([totalMicros, totalMicros]);
      expect(Math.min(discountMicros, floorMicros)).toBe(0);
      for (const amount of [...lines.map((line) => line.monthlyMicros), discountMicros, floorMicros, totalMicros, platform.costMicros, platform.marginMicros, platform.breakEvenThousandths ?? 0]) expect(Number.isSafeInteger(amount)).toBe(true);
      if (platform.breakEvenThousandths !== null) {
        const [teams, price, cost] = [BigInt(platform.breakEvenThousandths), BigInt(monthlyMicros), BigInt(platform.costMicros / months) * 1000n];
        expect([teams * price >= cost, teams === 0n || (teams - 1n) * price < cost]).toEqual([true, true]);
      }
      if (by === undefined) expect([discountMicros, floorMicros]).toEqual([0, 0]);
    }), { numRuns: 150 });
  });

  it('keeps a discounted team between its bounds, and never makes one cheaper by one more specialist', () => {
    fc.assert(fc.property(tables, skills, (any, who) => {
      const { from, to } = any.tariffs.discounted;
      for (const by of TARIFFS) expect(teamPrice(any, by, who)).toBeGreaterThanOrEqual(teamPrice(any, by, who.slice(1)));
      const discounted = teamPrice(any, 'discounted', who);
      expect([discounted >= from, discounted <= to]).toEqual([true, true]);
    }), { numRuns: 150 });
  });

  it('is what the shipped bundles were published with', () => {
    for (const name of ['code-care', 'digital-marketing']) {
      const { members, price: own, budgets } = readYaml(bundleSchema, name, readFileSync(new URL(`bundles/${name}.yaml`, root), 'utf8'));
      expect([name, own.monthly]).toEqual([name, teamPrice(table, own.tariff, members.map((member) => member.skill))]);
      expect(firstMonthUsdMicros(table, budgets.team.usd * RUPEE)).toBeLessThanOrEqual(table.platform.mostUsdPerMonth * RUPEE);
    }
  });
});

describe('a price table', () => {
  const verdict = (from: string, to: string): string[] => {
    expect(shipped).toContain(from);
    try {
      readYaml(priceTableSchema, 'f', shipped.replace(from, to));
      return ['valid'];
    } catch (error) {
      if (!(error instanceof InvalidFileError)) throw error;
      return error.violations.map(({ pointer, rule, line }) => `${pointer} ${rule} ${line > 1}`);
    }
  };
  it('names each mistake where it is', () => {
    expect(conforms(priceTableSchema, table)).toEqual([]);
    expect(verdict('seo: 12000', 'seo: 7999')).toEqual(['/agents/skills/seo within-bounds true']);
    expect(verdict('seo: 12000', 'seo: 120.5')).toEqual(['/agents/skills/seo type true']);
    expect(verdict('from: 3, to: 5', 'from: 3, to: 8')).toEqual(['/sizes/to maximum true']);
    expect(verdict('from: 3, to: 5', 'from: 3, to: 2')).toEqual(['/sizes/to in-order true']);
    expect(verdict('from: 3, to: 5', 'from: 3, to: 5, trialTo: 2')).toEqual(['/sizes/trialTo in-order true']);
    expect(verdict('push: 0', 'push: -1')).toEqual(['/platform/usdPerMonth/push minimum true']);
    expect(verdict('inrPerUsd: 83.33', 'inrPerUsd: 0')).toEqual(['/platform/inrPerUsd exclusive-minimum true']);
    expect(verdict('discountPercent: 20', 'discountPercent: 120')).toEqual(['/tariffs/discounted/discountPercent maximum true']);
  });
});
