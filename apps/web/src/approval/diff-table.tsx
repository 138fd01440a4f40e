import type { LineComment } from '@countersign/contracts';
import { inSight, samePlace, type Place } from '@countersign/view';
import type { DiffBlock, DiffPart, DiffRow, FileDiff } from '@countersign/view/diff';
import { IconFold } from '@tabler/icons-react';
import { Fragment, lazy, Suspense, useState, type ReactNode } from 'react';
import { Revealed } from '../parts/revealed.js';
import { Remark } from './remark.js';
import type { Review } from './use-review.js';
import styles from './diff-table.module.css';

const RemarkForm = lazy(async () => ({ default: (await import('./remark-form.js')).RemarkForm }));

const FIRST_ROWS = 300;
const SIGN = { same: '', added: '+', removed: '−' } as const;
const SPOKEN = { same: '', added: 'added: ', removed: 'removed: ' } as const;

/** Remarks on lines of one file. */
export interface Remarks {
  readonly path: string;
  /** Which of the two texts is the request's own. */
  readonly sides: readonly LineComment['side'][];
  readonly review: Review;
}

/** A unified diff. Long lines wrap, so that nothing of them is out of sight. `end` stands below its last line, once that is there. */
export function DiffTable({ diff, label, remarks, end }: { diff: FileDiff; label: string; remarks?: Remarks | undefined; end: ReactNode }) {
  const [writing, setWriting] = useState<Place>();
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const [all, setAll] = useState(false);
  const rows = diff.blocks.reduce((sum, { kind, rows: of }) => sum + (kind === 'shown' ? of.length : 0), 0);
  const blocks = all ? diff.blocks : firstOf(diff.blocks);
  return (
    <>
      <table className={styles.diff} aria-label={inSight(label)}>
        <tbody>
          {blocks.map((block, index) =>
            block.kind === 'shown' || opened.has(index) ? (
              block.rows.map((row) => <CommentedLine key={`${row.before}/${row.after}`} row={row} remarks={remarks} writing={writing} onWrite={setWriting} />)
            ) : (
              <tr key={`fold-${index}`}>
                <td colSpan={4} className={styles.fold}>
                  <button type="button" onClick={() => setOpened(new Set([...opened, index]))}>
                    <IconFold size={15} aria-hidden="true" /> {block.rows.length} equal lines
                  </button>
                </td>
              </tr>
            ),
          )}
        </tbody>
      </table>
      {diff.endOfFile && <p className={styles.end}>{diff.endOfFile === 'added' ? 'The file ends with a line end now.' : 'The file does not end with a line end any more.'}</p>}
      {!all && rows > FIRST_ROWS ? (
        <p className={styles.fold}>
          <button type="button" onClick={() => setAll(true)}>
            Show all {rows} lines
          </button>
        </p>
      ) : (
        end
      )}
    </>
  );
}

function firstOf(blocks: readonly DiffBlock[]): DiffBlock[] {
  const first: DiffBlock[] = [];
  let left = FIRST_ROWS;
  for (const block of blocks) {
    if (left <= 0) break;
    if (block.kind === 'folded') first.push(block);
    else {
      first.push({ ...block, rows: block.rows.slice(0, left) });
      left -= block.rows.length;
    }
  }
  return first;
}

interface LineProps {
  readonly row: DiffRow;
  readonly remarks: Remarks | undefined;
  readonly writing: Place | undefined;
  readonly onWrite: (place: Place | undefined) => void;
}

/** A line, and below it what was remarked on it, or is being written. */
function CommentedLine({ row, remarks, writing, onWrite }: LineProps) {
  const place = remarks && placeOf(row, remarks);
  if (!remarks || !place) return <Line row={row} />;
  const said = remarks.review.comments.find((comment) => samePlace(comment, place));
  const open = writing !== undefined && samePlace(writing, place);
  return (
    <Fragment>
      <Line row={row} onPress={() => onWrite(open ? undefined : place)} />
      {(open || said) && (
        <tr className={styles.remark}>
          <td colSpan={4}>
            {open ? (
              <Suspense>
                <RemarkForm place={place} review={remarks.review} onDone={() => onWrite(undefined)} />
              </Suspense>
            ) : (
              <Remark comment={said!} onEdit={() => onWrite(place)} onRemove={() => remarks.review.put(place, '')} />
            )}
          </td>
        </tr>
      )}
    </Fragment>
  );
}

/** The line as it will be, where it is there; a line that goes is one of the text as it was. */
function placeOf({ before, after }: DiffRow, { path, sides }: Remarks): Place | undefined {
  if (after !== undefined && sides.includes('after')) return { path, line: after, side: 'after' };
  return after === undefined && before !== undefined && sides.includes('before') ? { path, line: before, side: 'before' } : undefined;
}

const Line = ({ row, onPress }: { row: DiffRow; onPress?: () => void }) => (
  <tr className={`${styles[row.kind]} ${onPress ? styles.open : ''}`} onClick={onPress && (() => getSelection()?.toString() === '' && onPress())}>
    <td className={styles.number}>{row.before}</td>
    <td className={styles.number}>{row.after}</td>
    <td className={styles.sign}>
      <span aria-hidden="true">{SIGN[row.kind]}</span>
      <span className="sr">{SPOKEN[row.kind]}</span>
    </td>
    <td className={styles.code}>
      {row.parts.map((part, index) => (
        <Words key={index} part={part} kind={row.kind} />
      ))}
    </td>
  </tr>
);

function Words({ part, kind }: { part: DiffPart; kind: DiffRow['kind'] }) {
  const text = <Revealed text={part.text} />;
  if (!part.changed) return text;
  return kind === 'removed' ? <del>{text}</del> : <ins>{text}</ins>;
}
