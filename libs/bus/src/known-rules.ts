import { getMetadataStorage } from 'class-validator';

type Collect = ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas'];

/**
 * A class's rules, collected once. class-validator looks through every class of the program each time it checks an object,
 * although what decorators registered never changes: two thirds of what checking a message costs. Call before the first check.
 */
export function rememberRules(): void {
  const storage = getMetadataStorage();
  const collect: Collect = storage.getTargetValidationMetadatas.bind(storage);
  const known = new Map<unknown, ReturnType<Collect>>();
  storage.getTargetValidationMetadatas = (kind, schema, always, strictGroups, groups) => {
    // what the product never asks for is not remembered
    if (schema !== undefined || always || strictGroups || groups !== undefined) return collect(kind, schema, always, strictGroups, groups);
    const rules = known.get(kind) ?? collect(kind, schema, always, strictGroups, groups);
    known.set(kind, rules);
    return rules;
  };
}
