import { expect } from 'expect';
import { describe, it } from 'node:test';
import { ATTACHMENT_LIMITS, ATTACHMENT_NAME, imageSize, refusesFile, refusesFiles, type AttachedFile } from './attachments.js';

const MIB = 1024 * 1024;
const png = (width: number, height: number): Buffer => {
  const bytes = Buffer.alloc(33);
  bytes.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
};

describe('what may go with a message', () => {
  const codes = (...files: AttachedFile[]) => refusesFiles(files)?.code;
  const image = (bytes: number, width = 2000, height = 1000): AttachedFile => ({ bytes, image: { width, height } });

  it('is what the budgets say, to the byte and the pixel', () => {
    const file = { bytes: 1 };
    expect([codes(...Array<AttachedFile>(5).fill(file)), codes(...Array<AttachedFile>(6).fill(file))]).toEqual([undefined, 'attachments_too_many']);
    expect([10 * MIB, 10 * MIB + 1].map((bytes) => codes({ bytes }))).toEqual([undefined, 'attachment_too_large']);
    expect([codes({ bytes: 10 * MIB }, { bytes: 10 * MIB }), codes({ bytes: 10 * MIB }, { bytes: 10 * MIB }, file)]).toEqual([undefined, 'attachments_too_large']);
    expect([image(1.5 * MIB), image(1.5 * MIB + 1), image(1, 2000, 2000), image(1, 2001, 1), image(1, 1, 2001)].map((one) => refusesFile(one)?.code)).toEqual([undefined, 'image_not_reduced', undefined, 'image_not_reduced', 'image_not_reduced']);
    expect([image(1, 6000, 4000), image(1, 24_000_001, 1)].map((one) => refusesFile(one)?.code)).toEqual(['image_not_reduced', 'image_too_many_pixels']);
    expect([codes(image(1.5 * MIB), image(1.5 * MIB), image(MIB)), codes(image(1.5 * MIB), image(1.5 * MIB), image(MIB + 1))]).toEqual([undefined, 'attachments_too_large']);
    expect(ATTACHMENT_LIMITS.payloadBytes).toBe(7.5 * MIB);
  });

  it('has a name that leads nowhere', () => {
    for (const name of ['a', 'चित्र.png', '.env', 'a b (1).tar.gz', 'x'.repeat(200)]) expect([name, ATTACHMENT_NAME.test(name)]).toEqual([name, true]);
    for (const name of ['', '.', '..', 'a/b', 'a\\b', 'a\u0000', 'a\n', '\u202egpj.exe', 'x'.repeat(201)]) expect([name, ATTACHMENT_NAME.test(name)]).toEqual([name, false]);
  });

  it('is an image by what its bytes say, of every kind, and none when they end too soon', () => {
    const gif = Buffer.from('474946383961d007e803000000', 'hex');
    const lossy = Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBPVP8 ', 'latin1'), Buffer.alloc(10), Buffer.from([0xd0, 0x07, 0xe8, 0x03]), Buffer.alloc(4)]);
    const lossless = Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f', 'latin1'), Buffer.alloc(12)]);
    lossless.writeUInt32LE((1999 | (999 << 14)) >>> 0, 21);
    const extended = Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBPVP8X', 'latin1'), Buffer.alloc(16)]);
    extended.writeUIntLE(1999, 24, 3);
    extended.writeUIntLE(999, 27, 3);
    const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc4, 0, 3, 9, 0xff, 0xff, 0xc2, 0, 11, 8, 0x03, 0xe8, 0x07, 0xd0]), Buffer.alloc(8)]);
    for (const [kind, bytes] of Object.entries({ png: png(2000, 1000), gif, webp: lossy, 'webp ': lossless, 'webp  ': extended, jpeg })) {
      expect([kind, imageSize(bytes)]).toEqual([kind, { mediaType: `image/${kind.trim()}`, width: 2000, height: 1000 }]);
      for (let length = 0; length < Math.min(bytes.length, 10); length++) expect([kind, length, imageSize(bytes.subarray(0, length))]).toEqual([kind, length, undefined]);
    }
    expect(imageSize(Buffer.from('just words'))).toBeUndefined();
  });
});
