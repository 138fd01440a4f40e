#!/usr/bin/env node
// Checks an exported Countersign audit chain. Plain Node 18 or newer, no network, nothing to install, nothing else to read:
// this file is a second implementation, written apart from the product's own verifier, so that neither can hide a fault of the other.
//
//   node verify.mjs export.ndjson [--vkey KEY] [--head FILE | --head SIZE:BASE64ROOT]... [--json]
//   node verify.mjs receipt.tlog-proof --vkey KEY [--json]
//
// --vkey  the key of the log, got by other means than this export. Without it the key in the export is used, which shows damage
//         but not a forgery by whoever holds the export.
//         A receipt holds no key, so it needs this one.
// --head  a signed head seen earlier (a saved note, or its size and root). Only this shows that the end of a chain was cut off
//         together with its newest heads, or that the log's key was stolen and everything signed anew.
//
// Exit code: 0 everything fits, 1 something does not, 2 wrong usage.
//
// What is checked (H = SHA-256, | = bytes one after another):
//   payload_hash = H(payload); the payload's "service" is who wrote it, which the log's database takes from its session only
//   entry_hash   = H(00 | 01 | team 16 bytes | seq 8 bytes | at_ms 8 bytes | prev_hash | payload_hash)
//   prev_hash    = entry_hash of the entry before; 32 zero bytes for the first
//   root         = RFC 6962 tree over the entry hashes: node = H(01 | left | right)
//   head         = "origin \n size \n base64 root \n" with an Ed25519 signature (c2sp.org/signed-note, c2sp.org/tlog-checkpoint)
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, realpathSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const H = (...parts) => { const h = createHash('sha256'); for (const part of parts) h.update(part); return h.digest('hex'); };
const bytes = (hex) => Buffer.from(hex, 'hex');
const u64 = (n) => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(n)); return b; };
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const ORIGIN = /^audit\.countersign\/[a-z0-9._-]+\/team\/([0-9a-f-]{36})$/;
const START = '0'.repeat(64);

const hashOf = (team, seq, e) => H(Buffer.from([0, 1]), bytes(team.replace(/-/g, '')), u64(seq), u64(e.at_ms), bytes(e.prev_hash), bytes(e.payload_hash));

// --- reading -----------------------------------------------------------------------------------------------------------

function jsonObject(line) {
  let value;
  try { value = JSON.parse(line); } catch { return {}; } // a line that is not JSON is reported as malformed by the caller
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

function isHeader(h) {
  return h.type === 'header' && h.format === 'countersign-audit-export' && h.version === 1 && typeof h.origin === 'string' &&
    typeof h.vkey === 'string' && typeof h.team === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(h.team);
}

/** The payload's bytes, null where it was pruned, undefined when the line is malformed. */
function payloadBytes(e) {
  if (e.payload_base64 === undefined) return e.payload === null ? null : typeof e.payload === 'string' ? Buffer.from(e.payload, 'utf8') : undefined;
  const decoded = Buffer.from(String(e.payload_base64), 'base64');
  return e.payload === undefined && decoded.toString('base64') === e.payload_base64 ? decoded : undefined;
}

function isEntry(e) {
  const counter = (n) => Number.isSafeInteger(n) && n >= 0;
  const hash = (h) => typeof h === 'string' && /^[0-9a-f]{64}$/.test(h);
  return e.type === 'entry' && counter(e.seq) && counter(e.at_ms) && hash(e.prev_hash) && hash(e.payload_hash) && hash(e.entry_hash) && payloadBytes(e) !== undefined;
}

const serviceOf = (payload) => [jsonObject(payload.toString('utf8')).service].find((name) => typeof name === 'string') ?? '?'; // none is named

// --- the signed heads --------------------------------------------------------------------------------------------------

/** name+id+base64(01 | 32-byte Ed25519 key), where id = first 4 bytes of H(name \n 01 key). */
export function readKey(vkey) {
  const [, name, id, base64] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(vkey) ?? [];
  const key = Buffer.from(base64 ?? '', 'base64');
  if (name === undefined || key.length !== 33 || key[0] !== 1 || key.toString('base64') !== base64 || H(name + '\n', key).slice(0, 8) !== id) return undefined;
  return { name, id, ed25519: createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: key.subarray(1).toString('base64url') } }) };
}

/** {size, root} of a head of this log, or {code, message} saying why it is not one. */
function openHead(note, origin, key) {
  const cut = note.lastIndexOf('\n\n');
  const text = note.slice(0, cut + 1);
  const lines = text.split('\n');
  const root = Buffer.from(lines[2] ?? '', 'base64');
  if (cut < 0 || lines.length !== 4 || lines[0] === '' || !/^(0|[1-9][0-9]{0,15})$/.test(lines[1]) || root.length !== 32 || root.toString('base64') !== lines[2]) {
    return { code: 'malformed_line', message: 'not a signed head' };
  }
  if (lines[0] !== origin) return { code: 'foreign_team', message: `a head of ${lines[0]}`, team: ORIGIN.exec(lines[0])?.[1] };
  let signed = false;
  for (const line of note.slice(cut + 2).replace(/\n$/, '').split('\n')) {
    const [, name, base64] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
    const signature = Buffer.from(base64 ?? '', 'base64');
    if (signature.length < 5 || signature.toString('base64') !== base64) return { code: 'malformed_line', message: 'not a signature line' };
    if (key === undefined || name !== key.name || signature.subarray(0, 4).toString('hex') !== key.id) continue;
    if (!verify(null, Buffer.from(text), key.ed25519, signature.subarray(4))) return { code: 'bad_signature', message: 'the signature does not fit the head' };
    signed = true;
  }
  return signed && key.name === origin ? { size: Number(lines[1]), root: root.toString('hex') } : { code: 'unknown_key', message: 'not signed by the key of this log' };
}

// --- the tree ----------------------------------------------------------------------------------------------------------

/** RFC 6962 §2.1 root over leaves[0..n), straight from its recursive definition; full subtrees are computed once. */
function treeHash(leaves) {
  const full = new Map();
  const compute = (from, to) => {
    if (to - from === 1) return leaves[from];
    let half = 1;
    while (half * 2 < to - from) half *= 2;
    return H(Buffer.from([1]), bytes(range(from, from + half)), bytes(range(from + half, to)));
  };
  const range = (from, to) => {
    if (to - from < 64 || !Number.isInteger(Math.log2(to - from))) return compute(from, to);
    const name = from + ':' + to;
    if (!full.has(name)) full.set(name, compute(from, to));
    return full.get(name);
  };
  return (n) => (n === 0 ? H('') : range(0, n));
}

// --- one entry with its proof ---------------------------------------------------------------------------------------------

/** What is wrong with a receipt (c2sp.org/tlog-proof@v1 with the entry as extra data), or the entry that it proves. */
export function verifyReceipt(text, key) {
  const wrong = (code, message, place = {}) => ({ findings: [{ code, message, ...place }] });
  const unbase64 = (s) => { const b = Buffer.from(s ?? '', 'base64'); return b.length > 0 && b.toString('base64') === s ? b : undefined; };
  const cut = text.indexOf('\n\n');
  const lines = text.slice(0, Math.max(cut, 0)).split('\n');
  if (cut < 0 || lines[0] !== 'c2sp.org/tlog-proof@v1') return wrong('malformed_line', 'not a receipt', { line: 1 });
  const extra = lines[1]?.startsWith('extra ') ? unbase64(lines[1].slice(6))?.toString('utf8') : undefined;
  if (extra === undefined) return wrong('malformed_line', 'the entry is missing', { line: 2 });
  const index = Number(/^index (0|[1-9][0-9]{0,15})$/.exec(lines[2] ?? '')?.[1] ?? NaN);
  if (!Number.isSafeInteger(index)) return wrong('malformed_line', 'not an index', { line: 3 });
  const path = lines.slice(3).map(unbase64);
  const bad = path.findIndex((hash, at) => hash?.length !== 32 || at > 62);
  if (bad >= 0) return wrong('malformed_line', 'not a hash of the path', { line: 4 + bad });
  const head = openHead(text.slice(cut + 2), key.name, key);
  if (head.code !== undefined) return wrong(head.code, head.message);
  if (!text.endsWith('\n')) return wrong('malformed_line', 'not a signed head');
  const [team, e] = [ORIGIN.exec(key.name)?.[1], jsonObject(extra)];
  const written = JSON.stringify({ type: e.type, seq: e.seq, at_ms: e.at_ms, prev_hash: e.prev_hash, payload_hash: e.payload_hash, entry_hash: e.entry_hash, ...(e.payload_base64 === undefined ? { payload: e.payload } : { payload_base64: e.payload_base64 }) });
  if (team === undefined || !isEntry(e) || written.replace(/[\u2028\u2029]/g, (c) => '\\u' + c.charCodeAt(0).toString(16)) !== extra) return wrong('malformed_line', 'the entry is not written as an export writes one', { line: 2 });
  const payload = payloadBytes(e);
  if (payload !== null && H(payload) !== e.payload_hash) return wrong('payload_edited', 'the payload is not the one that was hashed', { seq: e.seq });
  if (hashOf(team, e.seq, e) !== e.entry_hash) return wrong('entry_edited', 'its fields do not give its hash', { seq: e.seq });
  if (e.seq !== index) return wrong('not_included', 'the proof is for another place', { seq: e.seq });
  // From the root down: where the tree of `size` divides, the last hash of the path is the other side (RFC 6962 §2.1.1, read backwards).
  const rootFrom = (at, size, siblings) => {
    if (size === 1 || siblings.length === 0) return size === 1 && siblings.length === 0 ? e.entry_hash : undefined;
    let half = 1;
    while (half * 2 < size) half *= 2;
    const [side, below] = [siblings[siblings.length - 1], siblings.slice(0, -1)];
    const own = at < half ? rootFrom(at, half, below) : rootFrom(at - half, size - half, below);
    return own === undefined ? undefined : at < half ? H(Buffer.from([1]), bytes(own), side) : H(Buffer.from([1]), side, bytes(own));
  };
  if (index >= head.size || rootFrom(index, head.size, path) !== head.root) return wrong('not_included', 'the path does not lead to the signed root', { seq: e.seq });
  return { team, seq: e.seq, size: head.size, payload: payload === null ? null : payload.toString('utf8'), findings: [] };
}

// --- what was done to a place where the chain does not hold ---------------------------------------------------------------

function explain(place, stated, findings, teams) {
  const { before, seq, entries } = place;
  const first = entries[0];
  for (const e of entries) {
    if (e.own === e.entry_hash) continue;
    const other = [...teams, ...(String(e.payload ?? '').match(UUID) ?? [])].find((team) => hashOf(team, e.seq, e) === e.entry_hash);
    if (other !== undefined) return { code: 'foreign_team', seq: e.seq, message: `belongs to the chain of team ${other}` };
  }
  const holds = before === undefined || first.prev_hash === before;
  const writtenAfter = holds ? -1 : stated.indexOf(first.prev_hash);
  if (writtenAfter >= first.position) return { code: 'reordered', seq, message: 'was written after an entry that stands later' };
  if (before !== undefined && entries.slice(1).some((e) => e.prev_hash === before)) return { code: 'inserted', seq, message: 'the entries around it follow each other directly' };
  const edited = { code: 'entry_edited', seq: first.seq, message: 'its fields do not give its hash' };
  if (holds) {
    if (first.own !== first.entry_hash) return edited;
    return first.seq > seq ? { code: 'deleted', seq, message: 'entries are missing' } : { code: 'inserted', seq: first.seq, message: 'its number is taken' };
  }
  if (writtenAfter >= 0) {
    if (findings.some((f) => f.code === 'reordered')) return { code: 'reordered', seq, message: 'was written after an entry that stands elsewhere' };
    return { code: 'inserted', seq: seq - (first.position - 1 - writtenAfter), message: 'the entry that follows was written without it' };
  }
  const movedUp = Array.from({ length: 64 }, (_, n) => first.seq + n + 1).some((number) => hashOf(first.team, number, first) === first.entry_hash);
  return first.own === first.entry_hash || movedUp ? { code: 'deleted', seq, message: 'the next entry was written after one that is not here' } : edited;
}

// --- the whole file ------------------------------------------------------------------------------------------------------

export async function verifyLines(lines, pinnedKey, givenHeads = []) {
  const findings = [], places = [], notes = [], own = [], stated = [], services = new Map();
  let header, place, line = 0, previous = { seq: -1, at_ms: 0, entry_hash: START, own: START };
  for await (const text of lines) {
    line += 1;
    const value = jsonObject(text);
    if (header === undefined) {
      if (!isHeader(value)) return { findings: [{ code: 'malformed_line', line, message: 'not the header of an audit export' }] };
      header = value;
    } else if (value.type === 'checkpoint' && typeof value.note === 'string') notes.push({ note: value.note, line });
    else if (!isEntry(value) || notes.length > 0) {
      findings.push({ code: 'malformed_line', line, seq: notes.length > 0 ? undefined : previous === undefined ? stated.nextSeq ?? own.length : previous.seq + 1, message: 'neither entry nor head' });
      if (notes.length === 0) { previous = undefined; place = undefined; }
    } else {
      const e = value;
      const payload = payloadBytes(e);
      e.team = header.team; e.position = own.length; e.own = hashOf(header.team, e.seq, e);
      if (e.own === e.entry_hash) e.entry_hash = e.own; // one string in memory instead of two
      own.push(e.own); stated.push(e.entry_hash); stated.nextSeq = e.seq + 1;
      if (payload !== null) { const by = serviceOf(payload); services.set(by, (services.get(by) ?? 0) + 1); }
      if (payload !== null && H(payload) !== e.payload_hash) findings.push({ code: 'payload_edited', seq: e.seq, message: 'the payload is not the one that was hashed' });
      const follows = previous === undefined || ((e.prev_hash === previous.entry_hash || e.prev_hash === previous.own) && e.seq === previous.seq + 1);
      if (follows && e.own === e.entry_hash) {
        place = undefined;
        if (previous !== undefined && e.at_ms < previous.at_ms) findings.push({ code: 'time_backwards', seq: e.seq, message: 'older than the entry before it' });
      } else {
        if (place === undefined) places.push(place = { before: previous?.entry_hash, seq: previous === undefined ? e.seq : previous.seq + 1, entries: [] });
        place.entries.push(e);
      }
      previous = { seq: e.seq, at_ms: e.at_ms, entry_hash: e.entry_hash, own: e.own };
    }
  }
  if (header === undefined) return { findings: [{ code: 'malformed_line', line: 1, message: 'the file is empty' }] };

  const key = pinnedKey ?? readKey(header.vkey);
  const late = [], heads = [], teams = [];
  const logTeam = ORIGIN.exec(header.origin)?.[1];
  if (logTeam !== header.team) late.push({ code: 'foreign_team', line: 1, message: `the log is ${header.origin}` });
  else if (key?.name !== header.origin) late.push({ code: 'unknown_key', line: 1, message: `no key for ${header.origin}` });
  if (logTeam !== undefined && logTeam !== header.team) teams.push(logTeam);
  for (const given of [...givenHeads, ...notes]) {
    const head = given.root === undefined ? openHead(given.note, header.origin, key) : given;
    if (head.code === undefined) heads.push(head);
    else late.push({ code: head.code, line: given.line, message: head.message });
    if (head.team !== undefined) teams.push(head.team);
  }

  const explained = [];
  for (const broken of places) explained.push(explain(broken, stated, explained, teams));
  const found = [...findings, ...explained].sort((a, b) => (a.seq ?? Infinity) - (b.seq ?? Infinity));
  // Above the first broken entry the tree cannot be the signed one: nothing is learned from comparing it.
  const intact = found.filter((f) => f.code !== 'payload_edited' && f.code !== 'time_backwards').reduce((least, f) => Math.min(least, f.seq ?? 0), Infinity);
  const root = treeHash(own);
  let covered = 0;
  for (const head of heads.filter((h) => h.size <= Math.min(intact, own.length)).sort((a, b) => a.size - b.size)) {
    if (root(head.size) !== head.root) {
      found.push({ code: 'history_rewritten', seq: covered, message: `up to seq ${head.size - 1} these are not the entries under the signed head of size ${head.size}` });
      break;
    }
    covered = head.size;
  }
  const signedSize = heads.reduce((most, head) => Math.max(most, head.size), 0);
  if (intact === Infinity && signedSize > own.length) found.push({ code: 'tail_cut', seq: own.length, message: `a head covers ${signedSize} entries, ${own.length} are here` });
  found.push(...late);
  if (heads.length === 0 && found.length === 0) found.push({ code: 'no_checkpoint', message: 'no signed head covers these entries' });
  return { team: header.team, entries: own.length, heads: heads.length, covered, services: Object.fromEntries([...services].sort()), findings: found };
}

// --- command line --------------------------------------------------------------------------------------------------------

function usage(message) {
  console.error(`${message}\nusage: node verify.mjs export.ndjson [--vkey KEY] [--head FILE | --head SIZE:BASE64ROOT]... [--json]\n       node verify.mjs receipt.tlog-proof --vkey KEY [--json]`);
  process.exit(2);
}

export function readHead(text) {
  const [, size, root] = /^(\d{1,15}):([A-Za-z0-9+/]{43}=)$/.exec(text) ?? [];
  if (size !== undefined) return { size: Number(size), root: Buffer.from(root, 'base64').toString('hex') };
  return existsSync(text) ? { note: readFileSync(text, 'utf8') } : usage(`no such head: ${text}`);
}

async function main(args) {
  let file, pinned, json = false;
  const given = [];
  while (args.length > 0) {
    const arg = args.shift();
    if (arg === '--json') json = true;
    else if (arg === '--vkey') pinned = readKey(args.shift() ?? '') ?? usage('--vkey: not a key');
    else if (arg === '--head') given.push(readHead(args.shift() ?? usage('--head needs a value')));
    else if (arg.startsWith('--') || file !== undefined) usage(`not understood: ${arg}`);
    else file = arg;
  }
  if (file === undefined || !existsSync(file)) usage(file === undefined ? 'which export?' : `no such file: ${file}`);
  let begin = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', end: 19 })) begin += chunk;
  if (begin === 'c2sp.org/tlog-proof@') {
    const { findings, ...proved } = verifyReceipt(readFileSync(file, 'utf8'), pinned ?? usage('a receipt needs --vkey'));
    if (json) console.log(JSON.stringify({ ok: findings.length === 0, ...proved, findings }));
    else if (findings.length === 0) console.log(`OK: entry ${proved.seq} of team ${proved.team}, under the signed head of size ${proved.size}\n${proved.payload}`);
    else for (const f of findings) console.log(`NOT OK: ${f.code}: ${f.message}`);
    return void (process.exitCode = findings.length === 0 ? 0 : 1);
  }
  const report = await verifyLines(createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity }), pinned, given);
  const ok = report.findings.length === 0;
  if (json) console.log(JSON.stringify({ ok, keyPinned: pinned !== undefined, ...report }));
  else {
    for (const f of report.findings) console.log(`${f.seq !== undefined ? `seq ${f.seq}` : f.line !== undefined ? `line ${f.line}` : 'file'}: ${f.code}: ${f.message}`);
    console.log(ok ? `OK: ${report.entries} entries of team ${report.team}, ${report.covered} of them under ${report.heads} signed heads that fit` : `NOT OK: ${report.findings.length} finding(s)`);
    if (report.services !== undefined) console.log(`written by: ${Object.entries(report.services).map(([service, entries]) => `${service} ${entries}`).join(', ')}`);
    if (pinned === undefined) console.log('The key was taken from the export itself. Get it from elsewhere and pass it with --vkey.');
  }
  process.exitCode = ok ? 0 : 1;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
