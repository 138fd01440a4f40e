const ADJECTIVES = new Set(
  `absolute abstract active alike alive alphabetic alphanumeric anonymous ascii async asynchronous available bare big blank blocking busy callable case-sensitive cheap clean closed compact compatible complete
  concurrent constant current dead deep default different dirty disjoint done dry dynamic eager early empty enabled equal even exact executable external extra fake falsy fast fatal final fine finite first fixed
  flat foreign free fresh full generic global greedy greater hidden home human idle identical immutable implicit explicit inclusive exclusive incomplete incompatible inner internal invalid last late latest lazy less
  leading legal live local long lower lowercase main maximum minimum missing mixed mobile mutable native necessary negative nested new newer next null numeric odd offline old older online only open
  optional ordinary outer own parallel partial pending plain positive possible present previous primary primitive private proper protected public pure quick quiet raw read-only readonly ready real recent
  recursive relative relevant remote required retryable root safe same secondary secure sensitive short silent similar simple single slow small sole soft sparse special specific stable stale standalone static
  strict strong sync synchronous temporary terminal thenable total trailing transient trivial true false truthy undefined unequal uneven unique unknown unsafe upper uppercase valid verbose virtual visible weak whole wide wild writable zero`
    .split(/\s+/),
);
const NOT_PARTICIPLES = new Set('string thing setting ring heading binding mapping listing building ping encoding pricing ending spacing rating warning padding king wing spring casing listing meeting ordering recording logging routing rendering parsing feed seed need speed bed shed embed breed weed bleed feed hundred bring sing ping zing being finish publish establish polish wish dish fish english'.split(' '));

/** Whether a word says how something is rather than what it is, as far as its ending and a list tell. */
export function isAdjective(word: string): boolean {
  if (ADJECTIVES.has(word)) return true;
  if (word.endsWith('-like')) return true;
  if (NOT_PARTICIPLES.has(word) || /[A-Z]/.test(word)) return false;
  return word.length > 3 && /(?:able|ible|ful|less|ous|ish|ed|ing)$/.test(word) && !/(?:table|variable|handleable|cable|vegetable)$/.test(word);
}

export const PREPOSITIONS = new Set(['by', 'from', 'to', 'for', 'with', 'without', 'in', 'into', 'of', 'on', 'onto', 'at', 'as', 'via', 'after', 'before', 'between', 'until', 'since', 'inside', 'within', 'under', 'over', 'through', 'against', 'than', 'per', 'and', 'or', 'if', 'when', 'until', 'during', 'across', 'around', 'off', 'out', 'up', 'down']);
