import { isAlias, isMap, isPair, isScalar, isSeq, type Document, type Node } from 'yaml';

const unescapePointer = (segment: string): string => segment.replaceAll('~1', '/').replaceAll('~0', '~');

/**
 * Where in the text a JSON Pointer's value (or its key) begins; the nearest enclosing value where the pointer leads nowhere
 * in the text. Follows aliases to what they stand for.
 */
export function offsetOf(document: Document.Parsed, pointer: string, at: 'key' | 'value'): number {
  const segments = pointer.split('/').slice(1).map(unescapePointer);
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const [index, segment] of segments.entries()) {
    const step: Step = node === null ? {} : child(document, node, segment);
    const wanted = at === 'key' && index === segments.length - 1 ? (step.key ?? step.value) : (step.value ?? step.key);
    if (!wanted) return offset;
    offset = wanted.range?.[0] ?? offset;
    node = step.value ?? null;
  }
  return offset;
}

interface Step {
  readonly key?: Node;
  readonly value?: Node;
}

function child(document: Document.Parsed, parent: Node, segment: string): Step {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq(node)) {
    const value = node.items[Number(segment)];
    return isPair(value) || !value ? {} : { value: value as Node };
  }
  if (!isMap(node)) return {};
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === segment);
  return pair ? { key: pair.key as Node, ...(pair.value ? { value: pair.value as Node } : {}) } : {};
}
