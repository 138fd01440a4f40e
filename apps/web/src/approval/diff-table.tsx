import { revealInvisible } from '@countersign/view';
import type { DiffBlock, DiffPart, DiffRow, FileDiff } from '@countersign/view/diff';
import { IconFold } from '@tabler/icons-react';
import { useState } from 'react';
import styles from './diff-table.module.css';

const FIRST_ROWS = 300;
const SIGN = { same: '', added: '+', removed: '−' } as const;
const SPOKEN = { same: '', added: 'added: ', removed: 'removed: ' } as const;

/** A unified diff. Long lines wrap, so that nothing of them is out of sight. */
export function DiffTable({ diff, label }: { diff: FileDiff; label: string }) {
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const [all, setAll] = useState(false);
  const rows = diff.blocks.reduce((sum, { kind, rows: of }) => sum + (kind === 'shown' ? of.length : 0), 0);
  const blocks = all ? diff.blocks : firstOf(diff.blocks);
  return (
    <>
      <table className={styles.diff} aria-label={label}>
        <tbody>
          {blocks.map((block, index) =>
            block.kind === 'shown' || opened.has(index) ? (
              block.rows.map((row) => <Line key={`${row.before}/${row.after}`} row={row} />)
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
      {!all && rows > FIRST_ROWS && (
        <p className={styles.fold}>
          <button type="button" onClick={() => setAll(true)}>
            Show all {rows} lines
          </button>
        </p>
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

const Line = ({ row }: { row: DiffRow }) => (
  <tr className={styles[row.kind]}>
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
  const text = revealInvisible(part.text).map(({ text: shown, hidden }, index) =>
    hidden === undefined ? (
      shown
    ) : (
      <span key={index} className={styles.hidden} title={`A character that cannot be seen: ${hidden}`}>
        {hidden}
      </span>
    ),
  );
  if (!part.changed) return <>{text}</>;
  return kind === 'removed' ? <del>{text}</del> : <ins>{text}</ins>;
}
