const HASH_BYTES = 32;
const HASHES_PER_CHUNK = 4096;

/** Hashes in order, 32 bytes each and nothing more: a million of them fit in 32 MB. */
export class HashList implements Iterable<Buffer> {
  private readonly chunks: Buffer[] = [];
  length = 0;

  push(hash: Buffer): void {
    const offset = this.length % HASHES_PER_CHUNK;
    if (offset === 0) this.chunks.push(Buffer.alloc(HASHES_PER_CHUNK * HASH_BYTES));
    hash.copy(this.chunks.at(-1)!, offset * HASH_BYTES);
    this.length += 1;
  }

  at(index: number): Buffer {
    const offset = (index % HASHES_PER_CHUNK) * HASH_BYTES;
    return this.chunks[Math.floor(index / HASHES_PER_CHUNK)]!.subarray(offset, offset + HASH_BYTES);
  }

  /** Where this hash stands, or -1. Linear: asked only where something is wrong. */
  indexOf(hash: Buffer): number {
    for (let index = 0; index < this.length; index += 1) if (this.at(index).equals(hash)) return index;
    return -1;
  }

  *[Symbol.iterator](): Iterator<Buffer> {
    for (let index = 0; index < this.length; index += 1) yield this.at(index);
  }
}
