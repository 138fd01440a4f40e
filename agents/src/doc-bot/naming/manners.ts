/** Adjectives that stand in front of a verb and mean how it is done. */
export const MANNERS: Readonly<Record<string, string>> = { deep: 'deeply', shallow: 'shallowly', safe: 'safely', secure: 'securely', lazy: 'lazily', quick: 'quickly', strict: 'strictly', loose: 'loosely', recursive: 'recursively' };
