import type { ApprovalArtifact } from '@countersign/contracts';
import { emptyWords, modeWords, sizeWords } from '@countersign/view';
import { fileDiff, textOf, wholeText, type FileDiff } from '@countersign/view/diff';
import { IconChevronDown, IconFingerprint, IconFingerprintOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useId, useMemo, useState, type ReactNode } from 'react';
import { OtherBytes, provenBytesQuery } from '../api/queries.js';
import { Revealed } from '../parts/revealed.js';
import { Bones, Failure } from '../parts/states.js';
import { SeenEnd } from './seen-end.js';
import { AsItIs } from './as-it-is.js';
import { DiffTable, type Remarks } from './diff-table.js';
import { RemarkOnALine } from './remark.js';
import type { Looking } from './use-looked.js';
import type { FileProof } from './use-proof.js';
import styles from './file-change.module.css';

interface FileChangeProps {
  readonly artifact: ApprovalArtifact;
  readonly proof: FileProof | undefined;
  /** It is shown for itself: nothing is said of what was there before. */
  readonly whole: boolean;
  readonly initiallyOpen: boolean;
  /** It is compared with an earlier version, and not with what stands there now. */
  readonly earlier?: boolean;
  /** What it is of what is sent: said beside its name. */
  readonly part?: string | undefined;
  /** Said in the place of its size, or of what becomes of it. */
  readonly note?: string | undefined;
  /** Left out where nobody comments. */
  readonly remarks?: Remarks | undefined;
  /** Left out where it does not matter who has looked at it. */
  readonly looking?: Looking | undefined;
}

const PROOF_WORDS: Readonly<Record<FileProof, string>> = { matches: 'Hashed here: it matches', differs: 'Hashed here: it does not match', unreadable: 'Could not be read' };

/** One file: its name and sums, and under it what changed. */
export function FileChange({ artifact, proof, whole, initiallyOpen, earlier = false, part, note, remarks, looking }: FileChangeProps) {
  const [open, setOpen] = useState(initiallyOpen);
  const body = useId();
  const sides = useSides(artifact);
  const asWhole = whole || isBaseGone(artifact);
  const isFolded = looking === undefined || !earlier || artifact.baseSha256 === null || looking.mayFold({ path: artifact.path, mode: artifact.mode, sha256: artifact.baseSha256 });
  const diff = useMemo(() => {
    if (sides.state !== 'texts') return undefined;
    if (asWhole) return wholeText(sides.after ?? '');
    const found = fileDiff(sides.before, sides.after);
    return isFolded ? found : unfolded(found);
  }, [sides, asWhole, isFolded]);
  const look = (): void => looking?.look(artifact);
  const end = looking && <SeenEnd coveredBelow={looking.coveredBelow} onSeen={look} />;
  const mode = note === undefined ? modeWords(artifact) : undefined;
  const slash = artifact.path.lastIndexOf('/') + 1;
  return (
    <article>
      <h3 className={styles.head}>
        <button type="button" aria-expanded={open} aria-controls={body} onClick={() => setOpen(!open)} className={styles.toggle}>
          <IconChevronDown size={18} stroke={2} aria-hidden="true" className={open ? '' : styles.folded} />
          <span className={styles.path}>
            <span className={styles.folder}><Revealed text={artifact.path.slice(0, slash)} /></span>
            <Revealed text={artifact.path.slice(slash)} />
          </span>
          {part !== undefined && <span className={`${styles.kind} ${styles.part}`}>{part}</span>}
          {note !== undefined ? <span className={styles.kind}>{note}</span> : whole ? <span className="num">{sizeWords(artifact.size)}</span> : <Kind artifact={artifact} />}
          {mode !== undefined && <span className={`${styles.kind} ${styles.runs}`}>{mode}</span>}
          {diff && !asWhole && <Sums diff={diff} />}
          <ProofMark proof={sides.state === 'failed' && sides.isOther ? 'differs' : proof} />
        </button>
      </h3>
      {open && (
        <div id={body} className={styles.body}>
          {isBaseGone(artifact) && <p className={styles.note}>{earlier ? 'Its earlier version' : 'What stood there'} is not kept any more{artifact.deleted ? '.' : ': this is the whole file as it would be.'}</p>}
          <Body artifact={artifact} sides={sides} diff={diff} whole={asWhole} remarks={remarks} onOpened={look} end={end} />
          {remarks && sides.state === 'texts' && <RemarkOnALine remarks={remarks} lines={{ before: linesIn(sides.before), after: linesIn(sides.after) }} />}
        </div>
      )}
    </article>
  );
}

function Kind({ artifact }: { artifact: ApprovalArtifact }) {
  if (artifact.deleted) return <span className={`${styles.kind} ${styles.gone}`}>Deleted</span>;
  return artifact.baseSha256 === null ? <span className={`${styles.kind} ${styles.new}`}>New</span> : null;
}

const Sums = ({ diff: { added, removed } }: { diff: FileDiff }) => (
  <span className={`${styles.sums} num`}>
    <span className={styles.plus}>
      +{added}
      <span className="sr"> lines added, </span>
    </span>{' '}
    <span className={styles.minus}>
      −{removed}
      <span className="sr"> lines removed</span>
    </span>
  </span>
);

function ProofMark({ proof }: { proof: FileProof | undefined }) {
  if (proof === undefined) return <span className={styles.mark} />;
  const Icon = proof === 'matches' ? IconFingerprint : IconFingerprintOff;
  return (
    <span className={`${styles.mark} ${proof === 'matches' ? styles.good : styles.bad}`} title={PROOF_WORDS[proof]}>
      <Icon size={18} stroke={1.9} aria-hidden="true" />
      <span className="sr">{PROOF_WORDS[proof]}</span>
    </span>
  );
}

/** With every line, also those that are as they were. */
const unfolded = (diff: FileDiff): FileDiff => ({ ...diff, blocks: diff.blocks.map((block) => ({ ...block, kind: 'shown' })) });

/** What it is compared with is only known by what it hashed to. */
const isBaseGone = ({ baseContentUrl, baseSha256 }: ApprovalArtifact): boolean => baseContentUrl === null && baseSha256 !== null;

/** `gone`: there are no bytes of the file any more, only what they hashed to. */
type Sides = { readonly state: 'loading' | 'gone' } | { readonly state: 'failed'; readonly error: Error; /** A side came, and it is not what the request says. */ readonly isOther: boolean; readonly again: () => void } | { readonly state: 'bytes'; readonly after: Uint8Array<ArrayBuffer> | undefined } | { readonly state: 'texts'; readonly before: string | undefined; readonly after: string | undefined };

/** Both sides as texts; a side that is not there is undefined. Each is drawn only when it hashes to what the request names. */
function useSides({ contentUrl, baseContentUrl, deleted, sha256, baseSha256 }: ApprovalArtifact): Sides {
  const after = useQuery({ ...provenBytesQuery(contentUrl ?? '', sha256), enabled: contentUrl !== null && !deleted });
  const before = useQuery({ ...provenBytesQuery(baseContentUrl ?? '', baseSha256 ?? ''), enabled: baseContentUrl !== null });
  return useMemo((): Sides => {
    if (contentUrl === null && !deleted) return { state: 'gone' };
    const failed = [after, before].find(({ isError }) => isError);
    if (failed?.error) return { state: 'failed', error: failed.error, isOther: [after, before].some(({ error }) => error instanceof OtherBytes), again: () => void failed.refetch() };
    if ((contentUrl !== null && !deleted && after.data === undefined) || (baseContentUrl !== null && before.data === undefined)) return { state: 'loading' };
    const texts = { before: before.data && textOf(before.data), after: after.data && textOf(after.data) };
    const isBinary = (before.data !== undefined && texts.before === undefined) || (after.data !== undefined && texts.after === undefined);
    return isBinary ? { state: 'bytes', after: after.data } : { state: 'texts', ...texts };
    // Queries are new objects at each render; these members are what they say.
  }, [after.data, after.error, before.data, before.error, contentUrl, baseContentUrl, deleted]);
}

/** As the server counts them. */
const linesIn = (text: string | undefined): number => (text === undefined || text === '' ? 0 : (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n').length);

function Body({ artifact, sides, diff, whole, remarks, onOpened, end }: { artifact: ApprovalArtifact; sides: Sides; diff: FileDiff | undefined; whole: boolean; remarks: Remarks | undefined; onOpened: () => void; end: ReactNode }) {
  if (sides.state === 'failed') return <Failure error={sides.error} what="file" retry={sides.again} />;
  if (sides.state === 'loading') return <Bones widths={[50, 80, 65, 30]} />;
  if (sides.state === 'gone') return <p className={styles.note}>Its bytes are not kept any more: what is left of it is its name, and the hash it had.</p>;
  if (sides.state === 'bytes' || diff === undefined) {
    const bytes = sides.state === 'bytes' ? sides.after : undefined;
    return (
      <>
        <AsItIs artifact={artifact} bytes={bytes} onOpened={onOpened} end={end} />
        {bytes === undefined && end}
      </>
    );
  }
  if (diff.blocks.length > 0) return <DiffTable diff={diff} label={whole ? artifact.path : `Changes in ${artifact.path}`} remarks={remarks} end={end} />;
  return (
    <>
      <p className={styles.note}>{emptyWords(artifact, sides.state === 'texts' ? sides.before : undefined)}</p>
      {end}
    </>
  );
}
