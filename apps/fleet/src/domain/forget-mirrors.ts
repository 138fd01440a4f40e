/** Something that lies in a customer's folder of mirrors: a repository, or the dependencies that were copied beside it. */
export interface StoredMirror {
  readonly customerId: string;
  readonly mirror: string;
  readonly path: string;
  readonly changedAt: Date;
}

/**
 * What nobody needs any more: it has no row and no goal (`kept` names all that have), and has not been touched for as long as
 * goals' mirrors are kept, so that one which is just being made or adopted stays.
 */
export function unneeded(stored: readonly StoredMirror[], kept: readonly { readonly customer_id: string; readonly name: string }[], now: Date, keepMs: number): StoredMirror[] {
  const needed = new Set(kept.map(({ customer_id, name }) => `${customer_id}/${name}`));
  return stored.filter(({ customerId, mirror, changedAt }) => !needed.has(`${customerId}/${mirror}`) && now.getTime() - changedAt.getTime() > keepMs);
}
