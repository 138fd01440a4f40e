import { bundleSchema, readYaml } from '@countersign/contracts';
import { expect } from 'expect';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { judgeImport, type ImportFacts } from './judge-import.js';

const bundle = readYaml(bundleSchema, 'b', readFileSync(new URL('../../../../bundles/code-care.yaml', import.meta.url), 'utf8'));
const fault = { file: 'b', line: 9, column: 3, pointer: '/price/monthly', rule: 'by-price-table', message: 'x' };

describe('a bundle file of the operator', () => {
  it('is published only where it is fit, is not there yet, and no governor publishes the bundle', () => {
    const cases: readonly (readonly [Partial<ImportFacts>, boolean, string])[] = [
      [{}, true, 'published'], [{}, false, 'refused: it has 1 fault'],
      [{ published: 'a' }, false, 'unchanged'], [{ published: 'a', byPerson: true }, true, 'unchanged'], [{ published: 'b' }, true, 'refused: it changed without a new version: a published version never changes'],
      [{ byPerson: true }, true, 'drafted'], [{ byPerson: true }, false, 'drafted'], [{ byPerson: true, draft: 'this' }, true, 'unchanged'],
      [{ byPerson: true, draft: 'another' }, true, 'refused: a governor of the platform publishes this bundle, and there is another draft of it: publish or drop that one first'],
      [{ draft: 'another' }, true, 'published'],
      // once a draft, whatever became of it; and of a number that governors have used there is no other text
      [{ byPerson: true, drafted: true }, true, 'unchanged'], [{ byPerson: true, drafted: true, draft: 'another' }, true, 'unchanged'], [{ drafted: true }, true, 'published'],
      [{ published: 'b', byPerson: true, drafted: true }, true, 'refused: a governor of the platform publishes this bundle, and there is another version 1 of it: raise the number'],
    ];
    for (const [facts, fit, expected] of cases) {
      const decision = judgeImport({ bundle, faults: fit ? [] : [fault] }, { published: undefined, sha256: 'a', byPerson: false, ...facts });
      expect([facts, decision.outcome === 'refused' ? `refused: ${decision.message}` : decision.outcome]).toEqual([facts, expected]);
    }
    expect(judgeImport({ bundle: undefined, faults: [fault, fault] }, { published: undefined, sha256: 'a', byPerson: false })).toEqual({ outcome: 'refused', message: 'it has 2 faults', violations: [fault, fault] });
  });
});
