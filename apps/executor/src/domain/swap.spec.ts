import { expect } from 'expect';
import { describe, it } from 'node:test';
import { anApproval, anArtifact, aWitness, KEY, PASSKEY, sha256 } from '../testing/orders.js';
import { aMail } from '../testing/outgoing.js';
import { swapsOf, type Swap } from '../testing/swaps.js';
import { verifyApproval, type ApprovalFacts } from './verify-approval.js';

const TIMES = 100;
const letter = [anArtifact('out/report.md', '# This week\n'), anArtifact('out/sums.csv', 'a,b\n')];
const mail = anApproval({ artifacts: letter }, { effects: [aMail()] });
const WHAT: readonly [string, ApprovalFacts, Swap[]][] = [
  ['a push', anApproval(), swapsOf(anApproval(), KEY)],
  // The rest of it is the same.
  ['an e-mail', mail, swapsOf(mail, PASSKEY).filter(({ place }) => place.startsWith('manifest effects'))],
];

const isCarriedOut = (facts: ApprovalFacts): boolean => verifyApproval(facts, aWitness(), sha256).ok;

for (const [what, facts, swaps] of WHAT) {
  describe(`${what} that somebody changed between showing, signing and carrying out`, () => {
    it('is carried out as it stands', () => expect(isCarriedOut(facts)).toBe(true));
    it(`is refused, at each of ${swaps.length} places, ${TIMES} times`, () => {
      for (const { place, change } of swaps) {
        for (let n = 0; n < TIMES; n++) {
          const changed = change(facts, Math.random);
          if (isCarriedOut(changed)) throw new Error(`${place}: ${JSON.stringify({ ...changed, manifest: Buffer.from(changed.manifest).toString('utf8') })}`);
        }
      }
    });
  });
}
