import type { ApprovalArtifact, ApprovalDetail, ApprovalThread, EarlierVersion } from '@countersign/contracts';
import { asSent, changedSince, counted, filesTitle, sentPart, shownFiles } from '@countersign/view';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { approvalQuery } from '../api/queries.js';
import { FactsList } from '../parts/facts-list.js';
import { Bones, Loaded } from '../parts/states.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Ago } from '../parts/time.js';
import type { Remarks } from './diff-table.js';
import type { FileProof } from './use-proof.js';
import type { Looking } from './use-looked.js';
import type { Review } from './use-review.js';
import switches from '../parts/switch.module.css';
import styles from './changes.module.css';

const FileChange = lazy(async () => ({ default: (await import('./file-change.js')).FileChange }));

/** Needed where others will see what is done. */
const NotLooked = lazy(async () => ({ default: (await import('./not-looked.js')).NotLooked }));

/** So many files are opened from the start. */
const OPEN_UP_TO = 3;

interface ChangesProps {
  readonly approval: ApprovalDetail;
  readonly files: Readonly<Record<string, FileProof>>;
  /** Earlier versions to compare with; `unknown` while they are asked for, so that nothing changes under the finger. */
  readonly thread: ApprovalThread | 'unknown' | undefined;
  /** Undefined where nobody can comment. */
  readonly review: Review | undefined;
  /** Which files were on the screen; undefined where nobody can answer. */
  readonly looking: Looking | undefined;
}
type View = 'seen' | 'first' | 'whole';

/** Every file as it will be, against what it replaces or an earlier version; what is published or sent whole, as others will get it. */
export function Changes({ approval, files, thread, review, looking }: ChangesProps) {
  const { artifacts, sent } = approval;
  const [chosen, choose] = useState<View>();
  const known = thread === 'unknown' ? undefined : thread;
  const earlier: Readonly<Record<View, EarlierVersion | null>> = { seen: known?.lastSeen ?? null, first: known?.first ?? null, whole: null };
  const view = chosen ?? (earlier.seen ? 'seen' : 'whole');
  const base = earlier[view];
  return (
    <Panel title={filesTitle(approval)} aside={<span className="num">{counted(artifacts.length, 'file')}</span>} className={styles.panel}>
      {(earlier.seen || earlier.first) && <Views view={view} earlier={earlier} onChoose={choose} />}
      {sent && view === 'whole' && (
        <div className={styles.lines}>
          <FactsList rows={sent.lines} />
        </div>
      )}
      {thread === 'unknown' ? <Reading /> : base ? <Since key={base.approvalId} approval={approval} files={files} base={base} seen={view === 'seen'} review={review} looking={looking} /> : <Whole approval={approval} files={files} review={review} looking={looking} />}
      {looking && looking.left.length > 0 && thread !== 'unknown' && (
        <Suspense>
          <NotLooked {...looking} />
        </Suspense>
      )}
    </Panel>
  );
}

function Views({ view, earlier, onChoose }: { view: View; earlier: Readonly<Record<View, EarlierVersion | null>>; onChoose: (view: View) => void }) {
  const offered = [...(earlier.seen ? [['seen', 'Since you last looked'] as const] : []), ...(earlier.first ? [['first', `Since v${earlier.first.revision}`] as const] : []), ['whole', 'Whole'] as const];
  return (
    <div className={`${switches.switch} ${styles.views}`} role="group" aria-label="Compared with what">
      {offered.map(([id, words]) => (
        <button key={id} type="button" aria-pressed={view === id} className={view === id ? switches.on : ''} onClick={() => onChoose(id)}>
          {words}
        </button>
      ))}
    </div>
  );
}

const remarksOn = (path: string, review: Review | undefined, sides: Remarks['sides']): Remarks | undefined => review && { path, sides, review };

function Whole({ approval, files, review, looking }: Omit<ChangesProps, 'thread'>) {
  const whole = approval.sent !== null;
  return (
    <Files artifacts={asSent(approval.sent, shownFiles(approval))}>
      {(artifact, open) => <FileChange part={sentPart(approval.sent, artifact.id)} artifact={artifact} whole={whole} proof={files[artifact.id]} initiallyOpen={open} looking={looking} remarks={remarksOn(artifact.path, review, whole ? ['after'] : ['before', 'after'])} />}
    </Files>
  );
}

/** What differs from an earlier version, by content; its bytes are hashed here as well. */
function Since({ approval, files, base, seen, review, looking }: Omit<ChangesProps, 'thread'> & { readonly base: EarlierVersion; readonly seen: boolean }) {
  const query = useQuery(approvalQuery(base.approvalId));
  return (
    <Loaded query={query} what="earlier version" skeleton={<Reading />}>
      {(earlier) => {
        const { changed, same } = changedSince(shownFiles(earlier), shownFiles(approval));
        const byPath = new Map(changed.map((file) => [file.artifact.path, file]));
        return (
          <>
            <p className={styles.since}>
              {changed.length === 0 ? 'No file is another' : `${counted(changed.length, 'file')} changed`} since version {base.revision}, {seen ? 'which you opened' : 'asked'} <Ago at={base.at} />
              {same > 0 && changed.length > 0 ? `; ${counted(same, 'file')} as it was` : ''}.
            </p>
            <Files artifacts={asSent(approval.sent, changed.map(({ artifact }) => artifact))}>
              {(artifact, open) => {
                const { earlier, dropped } = byPath.get(artifact.path)!;
                return <FileChange part={dropped ? undefined : sentPart(approval.sent, artifact.id)} artifact={artifact} whole={false} proof={dropped ? undefined : files[artifact.id]} initiallyOpen={open} earlier={earlier} looking={dropped ? undefined : looking} note={dropped ? (approval.sent === null ? 'Left as it is now' : 'Left out now') : undefined} remarks={dropped ? undefined : remarksOn(artifact.path, review, ['after'])} />;
              }}
            </Files>
          </>
        );
      }}
    </Loaded>
  );
}

const Files = ({ artifacts, children }: { artifacts: readonly ApprovalArtifact[]; children: (artifact: ApprovalArtifact, open: boolean) => ReactNode }) => (
  <ul className={styles.files}>
    {artifacts.map((artifact, index) => (
      <li key={artifact.path}>
        <Suspense fallback={<Placeholder artifact={artifact} />}>{children(artifact, artifacts.length <= OPEN_UP_TO || index === 0)}</Suspense>
      </li>
    ))}
  </ul>
);

const Reading = () => (
  <div className={styles.placeholder}>
    <Bones widths={[60, 80]} />
  </div>
);

const Placeholder = ({ artifact }: { artifact: ApprovalArtifact }) => (
  <div className={styles.placeholder}>
    <span className="mono">
      <Revealed text={artifact.path} />
    </span>
    <Bones widths={[60, 80]} />
  </div>
);
