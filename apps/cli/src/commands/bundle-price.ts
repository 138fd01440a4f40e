import { lintFile, TARIFFS, type Bundle, type Money, type QuoteBody, type QuoteView } from '@countersign/contracts';
import { countWords, moneyWords } from '@countersign/view';
import { paint, say } from '../../../../scripts/lib/report.mjs';
import { signIn } from '../api/sign-in.js';
import { printFacts } from '../ui/table.js';
import { EXIT, integerFlag, textFlag, UsageError, type Call, type Command } from './command.js';
import { output } from './data.js';
import { printFaults, textOf } from './policy-files.js';

const YEARS_10 = 120;

/** What a published bundle, a bundle file or a choice of skills costs. */
export const price: Command = {
  usage: `BUNDLE|FILE|--skills A,B [--tariff ${TARIFFS.join('|')}] [--months N]`,
  summary: 'what a bundle, a bundle file or single agents cost; for the platform’s governor also what it costs to carry',
  options: { months: { type: 'string' }, skills: { type: 'string' }, tariff: { type: 'string' } },
  words: [0, 1],
  async run(call) {
    const months = integerFlag(call, 'months', { min: 1, max: YEARS_10 }) ?? 1;
    const asked = askedFor(call);
    if (typeof asked === 'number') return asked;
    output(call.global.json, await (await signIn(call, 'gov')).quote({ ...asked, months }), printQuote);
    return EXIT.done;
  },
};

function askedFor(call: Call): Omit<QuoteBody, 'months'> | number {
  const [name] = call.words;
  const skills = textFlag(call, 'skills');
  if ((name === undefined) === (skills === undefined)) throw new UsageError('name a bundle, a file or --skills, one of them');
  if (skills !== undefined) {
    const named = textFlag(call, 'tariff');
    const tariff = TARIFFS.find((known) => known === named);
    if (named !== undefined && tariff === undefined) throw new UsageError(`--tariff is one of ${TARIFFS.join(', ')}, not "${named}"`);
    return { composition: { skills: skills.split(',').map((skill) => skill.trim()), ...(tariff === undefined ? {} : { tariff }) } };
  }
  const text = /[./\\]/.test(name!) ? textOf(name!) : undefined;
  if (text === undefined) return { bundle: name! };
  const linted = lintFile(name!, text, 'bundle');
  if (linted.faults.length > 0) {
    printFaults(linted);
    return EXIT.failed;
  }
  const { members, price: { tariff } } = linted.document as Bundle;
  return { composition: { skills: members.map(({ skill }) => skill), tariff } };
}

const less = (money: Money): string => `−${moneyWords(money)}`;

function printQuote({ bundle, priceTable, months, lines, discount, floor, monthly, total, platform }: QuoteView): void {
  printFacts([
    ...(bundle === null ? [] : [['bundle', `${bundle.id} v${bundle.version}`] as const]),
    ...lines.map(({ skill, monthly: alone }): [string, string] => [skill, `${moneyWords(alone)} a month alone`]),
    ...(discount.amountMicros === 0 ? [] : [['discount', less(discount)] as const]),
    ...(floor.amountMicros === 0 ? [] : [['least price', `+${moneyWords(floor)}`] as const]),
    ['a month', moneyWords(monthly)],
    ...(months === 1 ? [] : [[`${months} months`, moneyWords(total)] as const]),
    ...platformFacts(platform, months),
  ]);
  say(`  by the price table v${priceTable.version}, sha256 ${priceTable.sha256.slice(0, 12)}${platform === null ? '' : `; one dollar is ${platform.inrPerUsd} rupees`}`);
}

function platformFacts(platform: QuoteView['platform'], months: number): [string, string][] {
  if (platform === null) return [];
  const { lines, cost, margin, models, leastMargin, breakEvenThousandths } = platform;
  const signed = ({ amountMicros }: { amountMicros: number }): string => `${amountMicros < 0 ? '−' : ''}${moneyWords({ amountMicros: Math.abs(amountMicros), currency: 'INR' })}`;
  return [
    ...lines.map(({ what, usd, inr }): [string, string] => [`  ${what}`, `${moneyWords(usd)} = ${moneyWords(inr)} a month`]),
    ['platform', `${moneyWords(cost)} in ${countWords(months)} ${months === 1 ? 'month' : 'months'}, estimated`],
    ['margin', margin.amountMicros < 0 ? paint(31, signed(margin)) : signed(margin)],
    ...(models === null || leastMargin === null ? [] : [['margin at least', `${signed(leastMargin)}, if models use up all of the team’s budget (${moneyWords(models)})`] as [string, string]]),
    ...(breakEvenThousandths === null ? [] : [['break-even', `${(breakEvenThousandths / 1000).toFixed(3)} such teams pay for the platform’s month`] as [string, string]]),
  ];
}
