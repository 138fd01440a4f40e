import { expect } from 'expect';
import { describe, it } from 'node:test';
import { Folder, runBot, type Bot } from '../testing/run-bot.js';
import { readBrief } from './brief.js';
import { claimsIn, inventions, misfits, partsOf } from './rules.js';
import { fit, keywords, slugOf } from './words.js';

const BRIEF = `# Spring tea box

Brand: Chai & Co
Product: the spring tea box
Audience: people who drink tea at work
Offer: 20% off the first box until 30 April 2027
Link: https://chai.example/spring

## Facts

- Six teas from Assam and Nilgiri, picked in March 2027
- ₹1,499 a month, cancel whenever you like
`;

describe('what copy may claim', () => {
  it('is every figure, price, date, link and promise of the brief, and no other', () => {
    const claims = (text: string): string[] => claimsIn(text).map(({ words }) => words);
    expect(claims('Save 20 % on ₹1,499 until 30 April 2027: https://chai.example/spring, free.')).toEqual(['https://chai.example/spring,', '20 %', '₹1,499', '30', '2027', 'free']);
    expect(inventions('a.md', 'Only ₹1499, 20 percent off, see https://chai.example/spring.', BRIEF)).toEqual([]);
    expect(inventions('a.md', 'Now 30% off.\n\nGuaranteed, from ₹999, at chai.example/other or ask@chai.example.', BRIEF)).toEqual([
      'a.md:1: "30%" does not stand in brief.md', 'a.md:3: "chai.example/other" does not stand in brief.md', 'a.md:3: "ask@chai.example" does not stand in brief.md',
      'a.md:3: "₹999" does not stand in brief.md', 'a.md:3: "Guaranteed" does not stand in brief.md',
    ]);
    expect(inventions('a.md', 'At 1499 a month', BRIEF)).toEqual(['a.md:1: "1499" does not stand in brief.md']);
  });

  it('is as long as its channel shows, in characters as people count them', () => {
    expect(misfits('m.md', `Subject: ${'ä'.repeat(60)}\nPreheader: \n\n## X\n${'🍵'.repeat(281)}\n\n## Why\n${'x'.repeat(9_000)}\n`)).toEqual(['m.md:2: Preheader is empty', 'm.md:4: X has 281 characters, the channel shows 280']);
    expect(partsOf('## X\none\n## Note\ntwo\nTitle: three\n').map(({ name, text }) => [name, text])).toEqual([['X', 'one'], ['Title', 'three']]);
  });

  it('is asked for where the brief lacks it', () => {
    expect(readBrief('# T\nBrand: B\n')).toEqual({ lacks: 'brief.md needs "Product: …", "Offer: …", "Link: …".' });
    expect(readBrief(BRIEF.replaceAll(/^- .*\n/gm, ''))).toEqual({ lacks: expect.stringContaining('at least one fact') });
  });

  it('is cut between words', () => {
    expect([fit('one two three', 9), fit('one', 3), fit('one, two', 6), slugOf('Spring: tea & more!'), keywords('Tea about teas: Assam assam nilgiri', 2)]).toEqual(['one two…', 'one', 'one…', 'spring-tea-more', ['assam', 'nilgiri']]);
  });
});

describe('the bots of a campaign', () => {
  const BOTS: readonly (readonly [Bot, string])[] = [['content-bot', 'campaign/article.md'], ['seo-bot', 'campaign/search.md'], ['social-bot', 'campaign/social.md'], ['email-bot', 'campaign/email.md']];

  it('each write their file from the brief and the article, by the rules they are judged by', async () => {
    await using folder = await Folder.of({ 'brief.md': BRIEF });
    for (const [bot, path] of BOTS) {
      const { result, files } = await runBot(bot, folder);
      expect([bot, result.status, [...files.keys()]]).toEqual([bot, 'done', [path]]);
      const text = files.get(path)!;
      expect([bot, misfits(path, text), inventions(path, text, BRIEF)]).toEqual([bot, [], []]);
      expect(text).toContain('tea');
      await folder.write(path, text);
    }
    expect(await folder.read('campaign/search.md')).toMatch(/^Title: Spring tea box \| Chai & Co$/m);
  });

  it('take no claim of the brief’s title apart: slug and keywords have none', async () => {
    expect([slugOf('Risk-free: 1,499 teas at https://chai.example/spring'), slugOf('Limited, time and limited free time'), slugOf('Free!'), keywords('Risk-free tea, guaranteed organic tea, chai.example', 9)]).toEqual(['teas-at', 'and', '', []]);
    for (const title of ['Risk-free tea: save 1,499 rupees at chai.example/spring', 'Limited! Time for ½ off', 'Free 20%', 'The world’s "number one" tea, only today']) {
      const brief = BRIEF.replace('Spring tea box', title);
      await using folder = await Folder.of({ 'brief.md': brief });
      for (const [bot, path] of BOTS) {
        const text = (await runBot(bot, folder)).files.get(path)!;
        expect([title, bot, misfits(path, text), inventions(path, text, brief)]).toEqual([title, bot, [], []]);
        await folder.write(path, text);
      }
    }
  });

  it('take a better text of a model only where it keeps to the rules, and say why not', async () => {
    await using folder = await Folder.of({ 'brief.md': BRIEF });
    const answer = (text: string) => ({ 'model/complete': () => Promise.resolve({ text: '', json: { text }, model: { provider: 'p', id: 'm' }, finishReason: 'stop' as const, usage: { inputTokens: 1, outputTokens: 1, usdMicros: 1, source: 'provider' as const } }) });
    const model = { provider: 'p', id: 'm' };
    const good = 'Subject: Six teas for spring\nPreheader: 20% off until 30 April 2027\n\nHello.';
    expect((await runBot('email-bot', folder, { model, answers: answer(good) })).files.get('campaign/email.md')).toBe(`${good}\n`);
    const bad = await runBot('email-bot', folder, { model, answers: answer(good.replace('20%', '70%')) });
    expect(bad.files.get('campaign/email.md')).toContain('Subject: Spring tea box');
    expect(bad.result.notes).toEqual([expect.stringContaining('"70%" does not stand in brief.md')]);
  });

  it('make nothing up where there is no brief', async () => {
    await using folder = await Folder.of({ 'README.md': '# hello\n' });
    expect(await runBot('content-bot', folder)).toMatchObject({ result: { status: 'failed', summary: expect.stringContaining('There is no brief.md'), artifacts: [] } });
  });
});
