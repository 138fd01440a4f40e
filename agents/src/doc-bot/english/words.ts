/** Names into English: pure, no syntax tree, no I/O. */

/** How a word is written when it is not written as it stands: abbreviations in full, acronyms in capitals. */
const SPELLING: Readonly<Record<string, string>> = {
  alg: 'algorithm', ansi: 'ANSI', api: 'API', ascii: 'ASCII', ast: 'AST', aws: 'AWS', ai: 'AI', bom: 'BOM', ca: 'CA', ci: 'CI', cidr: 'CIDR', cli: 'CLI', cors: 'CORS', cpu: 'CPU', crc: 'CRC', crc32: 'CRC-32',
  crlf: 'CRLF', csp: 'CSP', csrf: 'CSRF', css: 'CSS', csv: 'CSV', ctor: 'constructor', ctors: 'constructors', dns: 'DNS', dom: 'DOM', eof: 'EOF', esm: 'ESM', eslint: 'ESLint', etag: 'ETag', fs: 'file system', gcp: 'GCP', gid: 'GID', gpu: 'GPU', github: 'GitHub', gitlab: 'GitLab',
  graphql: 'GraphQL', grpc: 'gRPC', guid: 'GUID', hex: 'hex', hmac: 'HMAC', hsl: 'HSL', html: 'HTML', http: 'HTTP', https: 'HTTPS', id: 'ID', ids: 'IDs', io: 'I/O', ip: 'IP',
  ips: 'IPs', ipv4: 'IPv4', ipv6: 'IPv6', iso: 'ISO', js: 'JavaScript', json: 'JSON', json5: 'JSON5', jsx: 'JSX', javascript: 'JavaScript', jquery: 'jQuery', typescript: 'TypeScript', websocket: 'WebSocket', websockets: 'WebSockets', postgresql: 'PostgreSQL', postgres: 'Postgres', mysql: 'MySQL', sqlite: 'SQLite', mongodb: 'MongoDB', openapi: 'OpenAPI', asyncapi: 'AsyncAPI', nodejs: 'Node.js', formdata: 'form data', jwk: 'JWK', jwt: 'JWT', jwks: 'JWKS', lru: 'LRU', lsp: 'LSP', mcp: 'MCP', md5: 'MD5',
  mime: 'MIME', nan: 'NaN', npm: 'npm', oauth: 'OAuth', oidc: 'OpenID Connect', os: 'operating system', pdf: 'PDF', pid: 'PID', png: 'PNG', qr: 'QR', rgb: 'RGB', rgba: 'RGBA', rpc: 'RPC',
  rss: 'RSS', scss: 'SCSS', sdk: 'SDK', sha1: 'SHA-1', sha256: 'SHA-256', sha512: 'SHA-512', sql: 'SQL', sse: 'SSE', ssh: 'SSH', ssl: 'SSL', svg: 'SVG', tcp: 'TCP', tls: 'TLS', toml: 'TOML',
  ts: 'TypeScript', tsx: 'TSX', ttl: 'TTL', tty: 'TTY', udp: 'UDP', ui: 'UI', uid: 'UID', uri: 'URI', uris: 'URIs', url: 'URL', urls: 'URLs', utc: 'UTC', utf16: 'UTF-16', utf8: 'UTF-8',
  uuid: 'UUID', uuids: 'UUIDs', vm: 'VM', ws: 'WebSocket', wasm: 'WebAssembly', xhr: 'XHR', xml: 'XML', xss: 'XSS', yaml: 'YAML',
  arg: 'argument', args: 'arguments', arr: 'array', attr: 'attribute', attrs: 'attributes', buf: 'buffer', cb: 'callback', cfg: 'configuration', char: 'character', chars: 'characters',
  cmd: 'command', cmds: 'commands', cnt: 'count', coord: 'coordinate', coords: 'coordinates', conf: 'configuration', config: 'configuration', configs: 'configurations', conn: 'connection',
  ctx: 'context', cur: 'current', curr: 'current', db: 'database', decl: 'declaration', def: 'definition', defs: 'definitions', dep: 'dependency', deps: 'dependencies', desc: 'description',
  dest: 'destination', dir: 'directory', dirs: 'directories', doc: 'document', docs: 'documents', dst: 'destination', el: 'element', elem: 'element', elems: 'elements', elt: 'element',
  enc: 'encoding', env: 'environment', err: 'error', errs: 'errors', evt: 'event', expr: 'expression', ext: 'extension', fd: 'file descriptor', fn: 'function', fns: 'functions',
  func: 'function', funcs: 'functions', idx: 'index', impl: 'implementation', inst: 'instance', info: 'information', lang: 'language', len: 'length', lib: 'library', loc: 'location', max: 'maximum', mem: 'memory',
  min: 'minimum', msg: 'message', msgs: 'messages', num: 'number', nums: 'numbers', obj: 'object', objs: 'objects', op: 'operation', ops: 'operations', opt: 'option', opts: 'options',
  param: 'parameter', params: 'parameters', perm: 'permission', perms: 'permissions', pkg: 'package', pos: 'position', pred: 'predicate', pref: 'preference', prefs: 'preferences',
  prev: 'previous', prop: 'property', props: 'properties', proto: 'prototype', ptr: 'pointer', pwd: 'password', ref: 'reference', refs: 'references', regex: 'regular expression',
  regexp: 'regular expression', repo: 'repository', repos: 'repositories', req: 'request', res: 'response', resp: 'response', sep: 'separator', seq: 'sequence', sess: 'session', sig: 'signature',
  spec: 'specification', specs: 'specifications', src: 'source', srcs: 'sources', std: 'standard', stmt: 'statement', str: 'string', strs: 'strings', sym: 'symbol', sys: 'system', tbl: 'table',
  temp: 'temporary', tmp: 'temporary', txt: 'text', util: 'utility', utils: 'utilities', val: 'value', vals: 'values', var: 'variable', vars: 'variables', ver: 'version',
};

/** Names with capitals inside that are one word. */
const BRANDS = /JQuery|jQuery|GraphQL|GitHub|GitLab|JavaScript|TypeScript|WebSocket|WebAssembly|OAuth|PostgreSQL|MySQL|SQLite|MongoDB|YouTube|DevTools|OpenAI|OpenAPI|AsyncAPI|NodeJS|NodeJs|macOS|iOS|ESLint|FormData|README/g;

/** Splits an identifier at case changes, underscores and dashes; runs of capitals stay together: `parseHTTPHeader2` gives parse, HTTP, Header2. */
function splitIdentifier(name: string): string[] {
  return name
    .replace(BRANDS, (brand) => brand[0]! + brand.slice(1).toLowerCase())
    .replace(/[$#]+/g, '_')
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replace(/(^|_)I_Pv([46])/g, '$1IPv$2')
    .split(/[_\-\s.]+/)
    .filter((part) => part !== '');
}

/** The identifier's words as English writes them: lower case, but acronyms in capitals and usual abbreviations in full. */
export function wordsOf(name: string): string[] {
  const words = splitIdentifier(name).flatMap((part) => spell(part).split(' '));
  return joinLike(words);
}

/** "array like" is one word to English: array-like. */
function joinLike(words: string[]): string[] {
  const at = words.findIndex((word, i) => word === 'like' && i > 0 && (i === words.length - 1 || /^(?:to|from|of|in)$/.test(words[i + 1]!)));
  return at < 0 ? words : [...words.slice(0, at - 1), `${words[at - 1]!}-like`, ...words.slice(at + 1)];
}

function spell(part: string): string {
  const lower = part.toLowerCase();
  const known = Object.hasOwn(SPELLING, lower) ? SPELLING[lower]! : undefined;
  if (known !== undefined) return known;
  // A run of capitals inside a mixed name is an acronym nobody listed.
  return part.length > 1 && part.length <= 5 && /^[A-Z]+\d*$/.test(part) ? part : lower;
}

/** Like `wordsOf` for a constant's SCREAMING_CASE name, whose capitals mean nothing. */
export function wordsOfConstant(name: string): string[] {
  return /^[A-Z][A-Z\d]*(?:_[A-Z\d]+)*$/.test(name) ? wordsOf(name.toLowerCase()) : wordsOf(name);
}

export const phrase = (words: readonly string[]): string => words.join(' ');
export const capitalize = (text: string): string => (/^[a-z]/.test(text) && !/^(?:npm|gRPC)\b/.test(text) ? text[0]!.toUpperCase() + text.slice(1) : text);

const SPELLED_WITH_VOWEL = /^[AEFHILMNORSX]/;
const PRONOUNCED = /^(?:SASL|SCRAM|JSON|MIME|CORS|NaN|YAML|TOML|JavaScript|WebSocket|WebAssembly|TypeScript|UTF|GUID|REST|SOAP|LAN|RAM|ROM|SIM|SAML|NAT|HEX|MIDI|NIC|LIFO|FIFO)/;

/** `a` or `an`, by sound as far as spelling tells. */
export function articleFor(text: string): string {
  const first = text.split(/[\s-]/)[0] ?? '';
  if (/^[A-Z]{2,}/.test(first) && !PRONOUNCED.test(first)) return SPELLED_WITH_VOWEL.test(first) ? 'an' : 'a';
  if (/^ID\b|^I\/O/.test(text)) return 'an';
  if (/^(?:hour|honest|heir)/i.test(first)) return 'an';
  if (/^(?:uni(?!n)|use|usa|uti|ubi|uri|uint|one|once|eu|utf)/i.test(first)) return 'a';
  return /^[aeiou]/i.test(first) ? 'an' : 'a';
}

/** Nouns without a plural or an article of their own. */
const MASS = new Set(
  `access advice analytics authentication authorization black blue body-text code content data debug disk documentation encryption equipment feedback green hardware hex information input
  javascript json knowledge log-output memory metadata middleware money music output permission-denied progress red sanity software space stderr stdin stdout storage styling support syntax
  text time traffic typescript utf-8 utf-16 validation white whitespace work xml yaml html css csv sql rgb rgba hsl ascii ansi utc base64 base64url markdown CI CPU NaN EOF ESM I/O`
    .split(/\s+/)
    .map((word) => word.toLowerCase()),
);
const PLURAL_LOOKING = /(?:ss|us|is|ous|os)$/;
const SINGULAR_S = new Set(['alias', 'axis', 'basis', 'bus', 'canvas', 'class', 'access', 'process', 'address', 'status', 'success', 'progress', 'radius', 'bias', 'chaos', 'lens', 'news', 'https', 'css', 'tls', 'dns', 'aws', 'os', 'fs', 'ms', 'js', 'gas', 'series', 'analysis', 'synopsis', 'this', 'previous', 'cors', 'sms', 'atlas', 'kubernetes', 'redis', 'postgres', 'iris']);
const IRREGULAR_PLURALS = new Set(['children', 'people', 'indices', 'vertices', 'matrices', 'criteria', 'data', 'media', 'entries', 'properties', 'men', 'women', 'feet', 'mice', 'schemata', 'IDs', 'URLs']);

export function isPlural(word: string): boolean {
  if (IRREGULAR_PLURALS.has(word)) return true;
  return /s$/.test(word) && !SINGULAR_S.has(word.toLowerCase()) && !PLURAL_LOOKING.test(word) && word.length > 3;
}

/** Acronyms of things that can be counted; other acronyms are used without an article. */
const COUNTABLE = /^(?:API|AST|CDN|CLI|CPU|CRC|DNS|DOM|GPU|GUID|HMAC|ID|IP|JWK|JWT|MAC|PDF|PID|PNG|QR|SDK|SVG|TTL|TTY|UI|UID|URI|URL|URN|UUID|VM|BOM|GID|ETag|LRU|FIFO|LIFO)$/;
export const isMass = (word: string): boolean => MASS.has(word.toLowerCase()) || (/^[A-Z][A-Z\d-]+$/.test(word) && !COUNTABLE.test(word));

export function plural(text: string): string {
  const last = text.split(' ').at(-1) ?? text;
  if (isPlural(last) || isMass(last)) return text;
  if (/(?:child)$/.test(text)) return `${text}ren`;
  if (/[^aeiou]y$/.test(text)) return `${text.slice(0, -1)}ies`;
  if (/(?:s|x|z|ch|sh)$/.test(text)) return `${text}es`;
  return `${text}s`;
}

/** The noun phrase with `a` or `an` where English wants one. */
export function withArticle(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  const text = phrase(words);
  return text === '' || isPlural(last) || isMass(last) || DETERMINED.test(text) ? text : `${articleFor(text)} ${text}`;
}
const DETERMINED = /^(?:the|this|that|all|any|each|every|no|my|your|its|some|first|last|next|same|own)\b/;

/** The noun phrase with `the`. */
export function withThe(words: readonly string[]): string {
  const text = phrase(words);
  return /^(?:the|this|that|all|any|each|every|no|my|your|its|some)\b/.test(text) ? text : `the ${text}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listing(items: readonly string[], joint: 'and' | 'or' = 'and'): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} ${joint} ${items.at(-1)!}`;
}

/** Text as inline code; undefined when it cannot be shown on one line of a comment. */
export function code(text: string, maxLength = 60): string | undefined {
  const flat = text.replace(/\s*\n\s*/g, ' ').trim();
  return flat === '' || flat.length > maxLength || /`|\*\//.test(flat) ? undefined : `\`${flat}\``;
}

/** Ends a sentence once. */
export const sentence = (text: string): string => (/[.!?:](?:["')])?$/.test(text) ? text : `${text}.`);
