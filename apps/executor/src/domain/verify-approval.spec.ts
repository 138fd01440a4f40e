import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { anApproval, anArtifact, aPush, aWitness, manifestBytes, sha256 } from '../testing/orders.js';
import { aMail, aPost } from '../testing/outgoing.js';
import { verifyApproval, type ApprovalFacts } from './verify-approval.js';

const verify = (over: Partial<ApprovalFacts> = {}, spec = {}) => verifyApproval(anApproval(over, spec), aWitness(), sha256);

describe('an approval', () => {
  it('is carried out with exactly the bytes that were approved', () => {
    const verified = verify();
    if (!verified.ok) throw new Error(verified.code);
    expect(verified.order).toMatchObject({ effect: aPush(), files: [{ path: 'src/a.ts', deleted: false }, { path: 'old.ts', deleted: true }] });
    expect(Buffer.from(verified.order.bytes.get('src/a.ts')!).toString()).toBe('a');
  });

  const artifacts = [anArtifact('src/a.ts', 'a')];
  const manifest = manifestBytes({ files: artifacts });
  const changed = (change: Partial<(typeof artifacts)[number]>): Partial<ApprovalFacts> => ({ manifest, artifacts: [{ ...artifacts[0]!, ...change }] });
  for (const [what, over, code] of [
    ['while it waits', { state: 'pending' }, 'approval_not_granted'],
    ['in a person’s undo time', { state: 'held' }, 'approval_not_granted'],
    ['once withdrawn', { state: 'withdrawn' }, 'approval_not_granted'],
    ['without a person’s decision on this digest', { decided: anApproval({ manifest: Buffer.from('another') }).decided }, 'approval_not_granted'],
    ['without any decision', { decided: [] }, 'approval_not_granted'],
    ['after its time', { expired: true }, 'approval_expired'],
    ['for a suspended team', { team: { state: 'suspended', epoch: 2 } }, 'stale_epoch'],
    ['for a team that was suspended since', { team: { state: 'active', epoch: 3 } }, 'stale_epoch'],
    ['with another manifest under the same digest', { digest: '0'.repeat(64) }, 'digest_mismatch'],
    ['when the manifest is of another approval', { id: 'other' }, 'digest_mismatch'],
    ['when the manifest is of another team', { teamId: 'other' }, 'digest_mismatch'],
    ['when the manifest is of another customer', { customerId: 'other' }, 'digest_mismatch'],
    ['when the manifest is of another goal', { goalId: 'other' }, 'digest_mismatch'],
    ['when the manifest is of another deliverable', { deliverableId: 'other' }, 'digest_mismatch'],
    ['when a file’s bytes changed', changed({ content: Buffer.from('b') }), 'digest_mismatch'],
    ['when a file’s bytes are gone', changed({ content: null }), 'digest_mismatch'],
    ['when a file moved', changed({ path: 'src/b.ts' }), 'digest_mismatch'],
    ['when a file became executable', changed({ mode: '100755' }), 'digest_mismatch'],
    ['when a file became deleted', changed({ deleted: true }), 'digest_mismatch'],
    ['when a file is missing', { manifest, artifacts: [] }, 'digest_mismatch'],
    ['when it is no manifest', { manifest: Buffer.from('{"hello":1}') }, 'manifest_invalid'],
    ['when it is no JSON', { manifest: Buffer.from([0xff, 0xfe]) }, 'manifest_invalid'],
  ] as [string, Partial<ApprovalFacts>, string][]) {
    it(`is refused ${what}`, () => expect(verify(over)).toMatchObject({ ok: false, code }));
  }

  it('names the hash it found', () => {
    expect(verify(changed({ content: Buffer.from('b') }))).toEqual({ ok: false, code: 'digest_mismatch', found: sha256('b') });
  });

  it('is refused when any byte of the manifest changes', () => {
    const { digest, manifest: bytes, decided } = anApproval();
    fc.assert(fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
      const tampered = Buffer.from(bytes);
      tampered[at]! ^= bits;
      expect(verify({ manifest: tampered, digest, decided })).toMatchObject({ ok: false, code: 'digest_mismatch' });
    }));
  });
});

describe('an order', () => {
  for (const [what, spec, code] of [
    ['two effects', { effects: [aPush(), aPush()] }, 'effect_unsupported'],
    ['no effect', { effects: [] }, 'effect_unsupported'],
    ['an effect nobody can perform', { effects: [{ ...aPush(), kind: 'sms.send' }] }, 'effect_unsupported'],
    ['a remote that runs a command', { effects: [aPush({ remote: 'ext::sh -c id' })] }, 'remote_invalid'],
    ['a remote that is an option', { effects: [aPush({ remote: '--upload-pack=id' })] }, 'remote_invalid'],
    ['a branch that is a refspec', { effects: [aPush({ branch: 'a:refs/heads/main' })] }, 'branch_invalid'],
    ['a mirror that leaves its folder', { effects: [aPush({ mirror: '../other' })] }, 'manifest_invalid'],
    ['a base that is no commit id', { effects: [aPush({ base: 'main' })] }, 'manifest_invalid'],
    ['an author that forges a header', { effects: [aPush({ commit: { ...aPush().commit, author: { name: 'x> <y', email: 'z' } } })] }, 'manifest_invalid'],
    ['a date git would guess at', { effects: [aPush({ commit: { ...aPush().commit, date: 'yesterday' } })] }, 'manifest_invalid'],
    ['a message to other people at a tier that is too low', { effects: [aMail({ attachments: [] })], files: [anArtifact('out/report.md', 'x')], tier: '1' }, 'tier_too_low'],
    ['a message with a file that it does not name', { effects: [aMail({ attachments: [] })], files: [anArtifact('out/report.md', 'x'), anArtifact('more.md', 'x')] }, 'path_invalid'],
    ['a message without a file that it names', { effects: [aMail()], files: [anArtifact('out/report.md', 'x')] }, 'path_invalid'],
    ['a message with a forged header', { effects: [aMail({ subject: 'x\r\nBcc: y@evil.test' })], files: [] }, 'subject_invalid'],
    ['a webhook to an address', { effects: [aPost({ url: 'https://10.0.0.1/' })], files: [anArtifact('out/report.json', 'x')] }, 'url_invalid'],
    ['a folder that leaves its place', { effects: [{ kind: 'file.publish', folder: '..' }] }, 'path_invalid'],
    ['a file outside the tree', { files: [anArtifact('../x', 'x')] }, 'path_invalid'],
    ['one path twice', { files: [anArtifact('x', 'x'), anArtifact('x', 'y')] }, 'path_invalid'],
  ] as [string, object, string][]) {
    it(`with ${what} is refused with ${code}`, () => expect(verify({ artifacts: (spec as { files?: ApprovalFacts['artifacts'] }).files ?? [] }, spec)).toMatchObject({ ok: false, code }));
  }
});
