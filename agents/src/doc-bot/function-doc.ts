import { usesThis } from '../source/parse.js';
import { capitalize, listing, phrase, withThe, wordsOf } from './english/words.js';
import type { Doc, ParamDoc } from './comment.js';
import { flowOf } from './facts/flow.js';
import { paramsOf, type ParamFact } from './facts/params.js';
import { returnOf, type ReturnFact } from './facts/returns.js';
import { scopeOf } from './facts/scope.js';
import { throwsOf, type ThrowFact } from './facts/throws.js';
import { planOf, type NameFacts, type Plan } from './naming/index.js';
import { namedParam, paramDocs } from './param-text.js';
import type { Exported } from '../source/exports.js';

/** How comments are written in this file. */
export interface Style {
  isTs: boolean;
  /** The project type-checks its JavaScript: comments must not say types. */
  typeNeutral: boolean;
}

/** The doc of a function, a method, a getter or a constructor; undefined when not even its name says anything. */
export function functionDoc(item: Exported, style: Style, fallbackName: string): Doc | undefined {
  const { signature, implementation } = item;
  if (!signature || !implementation) return undefined;
  const scope = scopeOf(implementation, signature);
  const flow = flowOf(implementation, scope);
  const params = paramsOf(signature, implementation, scope, style.isTs);
  const returns = returnOf(signature, implementation, flow, scope, style.isTs);
  const throws = throwsOf(flow).map(throwDoc);
  const words = wordsOf(item.name === '' ? fallbackName : item.name);
  const owner = item.owner === undefined ? undefined : wordsOf(item.owner);
  if (words.length === 0) return undefined;
  const describe = (plan: Plan, isComponent = false): ParamDoc[] => params.flatMap((fact) => paramDocs(fact, { plan, isComponent, ...style }));

  if (item.kind === 'constructor') return { ...creating(owner ?? words, describe), throws };
  if (item.kind === 'getter') return { summary: getterSummary(words, owner ?? [], item.isStatic === true, returns), params: [], throws };
  const isComponent = returns.shape.kind === 'jsx' && /^[A-Z]/.test(item.name);
  if (isComponent) return { summary: `Renders ${phrase(['the', ...words])}`, params: describe({ summary: '', predicate: false }, true), throws };
  if (/^[A-Z]/.test(item.name) && !returns.value && usesThis(implementation)) return { ...creating(words, describe), throws };
  if (flow.empty && item.kind === 'function' && params.length === 0) return { summary: 'Does nothing', params: [], throws };
  const plan = planOf(nameFacts(words, owner, item, params, returns));
  if (!plan) return undefined;
  return { summary: plan.summary, params: describe(plan), ...returnsDoc(returns, plan, owner, style), throws };
}

function nameFacts(words: string[], owner: string[] | undefined, item: Exported, params: ParamFact[], returns: ReturnFact): NameFacts {
  const known = returns.boolean ? true : returns.shape.kind === 'unknown' && returns.value && !item.signature?.type ? undefined : false;
  return {
    words,
    params: params.map(namedParam),
    ...(owner && { owner }),
    isStatic: item.isStatic === true,
    returns: { value: returns.value, boolean: known, promise: returns.promise, iterates: returns.iterates, makesFunction: returns.shape.kind === 'function', makesNew: returns.shape.kind === 'new' },
  };
}

function creating(what: string[], describe: (plan: Plan) => ParamDoc[]): Pick<Doc, 'summary' | 'params'> {
  const plan = planOf({ words: ['create', ...what], params: [], isStatic: true, returns: { value: true, boolean: false, promise: false, iterates: false, makesFunction: false, makesNew: true } })!;
  return { summary: plan.summary, params: describe({ ...plan, object: what }) };
}

function getterSummary(words: string[], owner: string[], isStatic: boolean, returns: ReturnFact): string {
  const own = isStatic || owner.length === 0 ? undefined : `this ${phrase(owner)}`;
  if (/^(?:is|has|can|should)$/.test(words[0]!) && words.length > 1) {
    const plan = planOf({ words, params: [], owner, isStatic, returns: { value: true, boolean: true, promise: false, iterates: false, makesFunction: false, makesNew: false } });
    if (plan) return plan.summary.replace(/^Checks whether/, 'Whether');
  }
  const absent = returns.maybe ? `, or \`${returns.maybe.value}\`${returns.maybe.when === undefined ? '' : ` if ${returns.maybe.when}`}` : '';
  return `The ${phrase(words)}${own === undefined ? '' : ` of ${own}`}${absent}`;
}

// ---- @returns -------------------------------------------------------------------------------------------------------------

function returnsDoc(fact: ReturnFact, plan: Plan, owner: string[] | undefined, style: Style): Pick<Doc, 'returns'> {
  if (!fact.value) return {};
  const value = valueText(fact, plan, owner);
  // "The result" is no news; a condition under which there is none, or that one has to wait for it, is.
  if (value === 'the result' && !fact.maybe && !fact.promise) return {};
  const absent = fact.maybe ? `, or \`${fact.maybe.value}\`${fact.maybe.when === undefined ? whenNothing(plan) : ` if ${fact.maybe.when}`}` : '';
  const text = `${value}${absent}`;
  const promised = fact.promise && !fact.iterates ? `a promise that resolves to ${text}` : text;
  const type = style.typeNeutral ? undefined : fact.certainType;
  return { returns: { text: capitalize(promised), ...(type !== undefined && { type }) } };
}

const whenNothing = (plan: Plan): string => (/^(?:find|lookup|search|locate)$/.test(plan.verb ?? '') ? ' if there is none' : '');

function valueText(fact: ReturnFact, plan: Plan, owner: string[] | undefined): string {
  const { shape } = fact;
  if (fact.iterates) return fact.promise ? 'an async generator' : 'a generator';
  if (plan.predicate && !fact.boolean && fact.typeName === undefined) return 'a truthy value if so, otherwise a falsy one';
  if (fact.boolean && (plan.predicate || plan.result === undefined)) return plan.predicate ? '`true` if so, otherwise `false`' : '`true` or `false`';
  switch (shape.kind) {
    case 'this':
      return owner ? `this ${phrase(owner)}, so that calls can be chained` : '`this`, so that calls can be chained';
    case 'param':
      return `the given \`${shape.name}\``;
    case 'new':
      return plan.result ?? `a new \`${shape.className}\``;
    case 'object':
      return `${plan.result === undefined ? 'an object' : `${plan.result}, an object`} with ${listing(shape.keys.map((key) => `\`${key}\``))}`;
    case 'tuple':
      return `\`[${shape.items.join(', ')}]\``;
    case 'function':
      return plan.result ?? (shape.params.length === 0 ? 'a function' : `a function that takes ${listing(shape.params.map((name) => `\`${name}\``))}`);
    case 'expression':
      return `\`${shape.text}\``;
    case 'call':
      return plan.result ?? typedText(fact) ?? `the result of \`${shape.text}\``;
    default:
      return plan.result ?? typedText(fact) ?? plainValue(shape.kind);
  }
}

const typedText = ({ typeName }: ReturnFact): string | undefined => (typeName === undefined ? undefined : typeName === 'string' || typeName === 'number' ? `the resulting ${typeName}` : withThe(wordsOf(typeName)));
const plainValue = (kind: string): string => (kind === 'string' ? 'the resulting string' : kind === 'number' ? 'the resulting number' : kind === 'jsx' ? 'the rendered elements' : 'the result');

// ---- @throws --------------------------------------------------------------------------------------------------------------

function throwDoc(fact: ThrowFact): Doc['throws'][number] {
  const text = fact.when.length > 0 ? `If ${fact.when.join(', or if ')}` : fact.message === undefined ? '' : `With the message "${fact.message}"`;
  return { ...(fact.className !== undefined && { type: fact.className }), text };
}
