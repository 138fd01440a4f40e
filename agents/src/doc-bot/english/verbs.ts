/** Verbs that begin function names, and their forms. */

const BASE = `abort absorb accept acknowledge acquire activate adapt add adjust advance aggregate align allocate allow alter analyze animate annotate append apply approve archive arrange assemble
assert assign attach authenticate authorize await backup begin bind block blur boot bootstrap broadcast browse build bump bundle calculate call cancel capitalize capture cast categorize change check
choose chunk clamp classify clean cleanup clear click clip clone close coerce collapse collect combine commit compact compare compile complete compose compress compute concat concatenate configure confirm
connect construct consume convert copy correct count create crop cut deactivate debounce debug decide decline declare decode decompress decorate decrease decrement decrypt deduplicate deduct defer define deflate
delay delegate delete deliver deny deploy derive describe deselect deserialize destroy detach detect determine diff disable disallow discard disconnect discover dismiss dispatch display dispose distribute divide
download drain draw drop dump duplicate edit elect eliminate embed emit emulate enable encode encrypt end enforce enqueue enrich ensure enter enumerate erase escape establish estimate evaluate evict examine
exchange exclude execute exit expand expect explain explode export expose extend extract fade fail fetch fill filter finalize find finish fire fit fix flatten flip flush fold follow force forget
fork format forward freeze fulfill gather generate get give go grant group grow guess guard handle hash hide highlight hydrate identify ignore implement import improve include increase increment indent infer
inflate inherit init initialize inject inline insert inspect install instantiate instrument interpolate interpret intersect introspect invalidate invert invite invoke isolate issue iterate join jump keep kill
launch leave lex limit link list listen load localize locate lock log lookup lower make manage map mark marshal mask match measure memoize merge migrate minify minimize mix mock
modify monitor mount move multiply mutate mute name narrow navigate negate negotiate normalize not note notify observe obtain offset omit open optimize order orchestrate override overwrite pack pad paginate paint parse
partition paste patch pause peek perform persist pick pin ping pipe pivot place plan play plot pluck poll pop populate position post prefetch prefix prepare prepend preserve press prettify pretty-print prevent
print prioritize probe proceed process produce profile promisify prompt propagate protect provide provision proxy prune publish pull pump purge push put query queue quit quote raise randomize rank read
reap reactivate rebase rebuild recalculate receive reclaim recompute reconcile reconnect record recover recycle redact ref redirect reduce reference refine refresh refund refuse register reject release reload relocate
remap remember remove rename render reopen reorder repair repeat replace replay reply report request require reschedule reserve reset resize resolve respond restart restore restrict resume retain retrieve
retry return reuse reveal reverse revert review revive revoke rewind rewrite roll rotate round route run sample sanitize save scale scan schedule scroll seal search seek select send
separate serialize serve set settle setup shift show shrink shuffle shutdown sign simplify simulate skip sleep slice slugify snapshot solve sort spawn splice split spread spy squash stage
start startup stash stop store stream stringify strip stub submit subscribe substitute subtract suggest sum summarize supply suppress suspend swap switch sync synchronize synthesize tag take tap teardown tell terminate
test throttle throw tick toggle tokenize touch trace track trade train transfer transform translate transpile transpose trap traverse trigger trim truncate try tune turn unbind undo unescape unfold
unfreeze uninstall unref unlink unlock unmarshal unmask unmount unpack unpin unquote unregister unschedule unset unshift unsubscribe untrack unwrap unzip update upgrade upload upsert use validate verify view visit
visualize wait wake walk warm warn watch weigh widen withdraw wrap write yield zip zoom`;

const VERBS = new Set(BASE.split(/\s+/));

/** Verbs that are as often a noun in front of another noun: `cacheKey` is a key, `cacheResult` caches. */
const NOUN_TOO = new Set(
  'block broadcast build call change chunk clip count debug delay diff display dump end error exit export force format group guard hash import index issue limit link list lock log mark mask match mock name note offset order pack pad page patch place plan plot pool position post prefix process profile prompt proxy query queue record reference request return review route round run sample scale schedule search set shift sign stage start stream sum switch tag test tick trace track transfer trigger type update use view visit watch wrap yield cache'.split(
    ' ',
  ),
);
VERBS.add('cache').add('index');
const HEAD_NOUNS = new Set(
  'address buffer builder category class client code color config configuration context count counter date def definition depth description dir directory element entry error event factory field file flag format function group handler height id ID IDs index info information input instance interface item key keys kind label length level limit line link list location manager map message mode model module name names node number object offset option options order output package page parameters parser params path pattern point policy pool port position prefix provider queue range rate ratio reason record regular response result root router rule schema server service session set settings shape signature size source stack state status step stream string style suffix symbol table tag target template text time timestamp title token tree type types unit URL URI user value values version view weight width window worker'.split(
    ' ',
  ),
);

/** Whether a name whose words these are begins with a verb. */
export function startsWithVerb(words: readonly string[]): boolean {
  const [first, second] = words;
  if (first === undefined) return false;
  if (/(?:ify|ize|ise)$/.test(first) && first.length > 5 && !/^(?:promise|precise|exercise|enterprise|otherwise|concise|premise|expertise|franchise|resize)$/.test(first)) return true;
  if (!VERBS.has(first)) return /^re/.test(first) && VERBS.has(first.slice(2));
  // `queryKey` is a key, `cacheResult` caches.
  return !(words.length === 2 && NOUN_TOO.has(first) && second !== undefined && (HEAD_NOUNS.has(second) || /[^aeiou](?:er|or)$/.test(second)));
}

const THIRD: Readonly<Record<string, string>> = {
  backup: 'backs up', cleanup: 'cleans up', concat: 'concatenates', go: 'goes', init: 'initializes', lookup: 'looks up', setup: 'sets up', shutdown: 'shuts down', teardown: 'tears down', undo: 'undoes', not: 'negates', startup: 'starts up', sync: 'synchronizes', ref: 'references', unref: 'unreferences', prefetch: 'prefetches',
  diff: 'compares', lex: 'tokenizes', quit: 'quits',
};

/** Third person singular: `parse` gives `parses`. */
export function thirdPerson(verb: string): string {
  if (Object.hasOwn(THIRD, verb)) return THIRD[verb]!;
  if (/[^aeiou]y$/.test(verb)) return `${verb.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh)$/.test(verb) ? `${verb}es` : `${verb}s`;
}

/** Verbs whose result is their object, changed: what comes back may be called by their participle. */
const PARTICIPLES: Readonly<Record<string, string>> = Object.fromEntries(
  `adjust:adjusted analyze:analyzed annotate:annotated capitalize:capitalized clamp:clamped coerce:coerced combine:combined compile:compiled compress:compressed convert:converted decode:decoded decompress:decompressed
  decorate:decorated decrypt:decrypted deduplicate:deduplicated deserialize:deserialized encode:encoded encrypt:encrypted escape:escaped expand:expanded filter:filtered flatten:flattened format:formatted
  indent:indented interpolate:interpolated inline:inlined invert:inverted localize:localized lower:lowered map:mapped merge:merged minify:minified mask:masked normalize:normalized pad:padded parse:parsed prettify:prettified
  quote:quoted redact:redacted resize:resized resolve:resolved reverse:reversed rewrite:rewritten rotate:rotated round:rounded sanitize:sanitized scale:scaled serialize:serialized shuffle:shuffled simplify:simplified
  slugify:slugified sort:sorted strip:stripped stringify:stringified transform:transformed translate:translated trim:trimmed truncate:truncated unescape:unescaped unquote:unquoted unwrap:unwrapped wrap:wrapped
  chunk:chunked clean:cleaned compact:compacted deepen:deepened split:split repeat:repeated replace:replaced slice:sliced tokenize:tokenized unwrap:unwrapped hash:hashed sign:signed crop:cropped highlight:highlighted debounce:debounced throttle:throttled memoize:memoized promisify:promisified patch:patched update:updated`
    .split(/\s+/)
    .map((pair) => pair.split(':') as [string, string]),
);
export const participle = (verb: string): string | undefined => (Object.hasOwn(PARTICIPLES, verb) ? PARTICIPLES[verb] : undefined);

export const CREATING = new Set(['assemble', 'build', 'clone', 'compose', 'construct', 'create', 'define', 'derive', 'generate', 'instantiate', 'make', 'open', 'produce', 'spawn', 'synthesize']);
export const FETCHING = new Set(['calculate', 'choose', 'collect', 'compute', 'count', 'determine', 'detect', 'discover', 'estimate', 'extract', 'fetch', 'find', 'gather', 'get', 'infer', 'list', 'load', 'locate', 'lookup', 'measure', 'obtain', 'peek', 'pick', 'pop', 'query', 'read', 'receive', 'retrieve', 'search', 'select', 'take']);

/** Verbs whose object is what they are given, also when there is more than one thing. */
export const TRANSITIVE = new Set([
  ...Object.keys(PARTICIPLES).filter((verb) => !/^(?:resolve|wrap|patch|update|map|replace|repeat)$/.test(verb)),
  ...'add append assert check classify compare consume count deduct delete describe detect discard drop emit enqueue enrich evaluate extract hash identify increment inspect insert intern log measure multiply negate notify prepend print process publish push put queue register reject remember remove report send sign split store subtract sum summarize test tokenize unregister validate verify visit'.split(' '),
]);

/** Verbs that a method does to its own object when it is given nothing. */
export const LIFECYCLE = new Set(
  'abort activate begin boot bootstrap cancel cleanup clear clone close collapse commit compact connect copy deactivate destroy disable disconnect dispose drain enable end expand finalize finish flush freeze hide initialize init invalidate kill launch lock mount open pause persist quit refresh reload render reset restart restore resume rewind rotate save shuffle shutdown shut show snapshot sort start startup stop suspend teardown terminate toggle touch trim truncate undo unlock unmount'.split(
    ' ',
  ),
);

/** Bare verbs that English says with a noun. */
export const WITH_NOUN: Readonly<Record<string, string>> = { query: 'Runs a query', request: 'Makes a request', search: 'Runs a search', log: 'Writes to the log', test: 'Runs a test', import: 'Runs the import', export: 'Runs the export', poll: 'Polls once', tick: 'Advances by one tick', vote: 'Casts a vote' };
