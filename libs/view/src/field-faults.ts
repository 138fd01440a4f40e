/** What is wrong with a document, at the place that a JSON pointer names. */
export interface PlacedFault {
  readonly pointer: string;
  readonly rule: string;
  readonly message: string;
}
export type FieldPath = readonly (string | number)[];

const pointerOf = (path: FieldPath): string => path.map((key) => `/${key}`).join('');
/** A field that is not there is told at what it should be in. */
const isOf = ({ pointer, rule, message }: PlacedFault, path: FieldPath): boolean => pointer === pointerOf(path) || (rule === 'required' && pointer === pointerOf(path.slice(0, -1)) && message === `needs the field ${JSON.stringify(path.at(-1))}`);
const unique = (faults: readonly PlacedFault[]): readonly string[] => [...new Set(faults.map(({ message }) => message))];

/** What is wrong with one field. */
export const faultsAt = (faults: readonly PlacedFault[], path: FieldPath): readonly string[] => unique(faults.filter((fault) => isOf(fault, path)));

/** What is wrong with a group, or within it, where none of its fields says so: it stands in the file alone. */
export const faultsWithin = (faults: readonly PlacedFault[], group: FieldPath, fields: readonly FieldPath[]): readonly string[] =>
  unique(faults.filter((fault) => (fault.pointer === pointerOf(group) || fault.pointer.startsWith(`${pointerOf(group)}/`)) && !fields.some((field) => isOf(fault, field))));
