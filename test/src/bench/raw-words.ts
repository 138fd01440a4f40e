/** What the bench and its raw peer agree on. */
export const ECHO = 'bench.echo';
export const HOP = 'bench.hop';
export const STREAM = 'BENCH';

export const RAW_TABLE = 'create table raw_row (id bigint generated always as identity primary key, payload text not null)';
/** One row of the size of a small business row, committed by the statement itself. */
export const RAW_INSERT = 'insert into raw_row (payload) values ($1)';
export const RAW_PAYLOAD = 'x'.repeat(200);
export const RAW_READ = 'select id, payload from raw_row order by id desc limit 1';

/** What the peer tells its parent: that it is ready, and when it had committed a message. */
export type FromPeer = { readonly port: number } | { readonly hop: string; readonly atNs: string };
