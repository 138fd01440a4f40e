import type { ApprovalArtifact, ApprovalDetail } from '@countersign/contracts';
import { counted } from '@countersign/view';
import { lazy, Suspense } from 'react';
import { FactsList } from '../parts/facts-list.js';
import { Bones } from '../parts/states.js';
import { Panel } from '../parts/panel.js';
import type { FileProof } from './use-proof.js';
import styles from './changes.module.css';

const FileChange = lazy(async () => ({ default: (await import('./file-change.js')).FileChange }));

/** So many files are opened from the start. */
const OPEN_UP_TO = 3;

/** Every file as it will be, against what it replaces; what leaves for other people whole, as they will get it. */
export function Changes({ approval, files }: { approval: ApprovalDetail; files: Readonly<Record<string, FileProof>> }) {
  const { artifacts, sent } = approval;
  const whole = sent !== null;
  return (
    <Panel title={whole ? 'What is sent' : 'What changes'} aside={<span className="num">{counted(artifacts.length, 'file')}</span>} className={styles.panel}>
      {sent && (
        <div className={styles.lines}>
          <FactsList rows={sent.lines} />
        </div>
      )}
      <ul className={styles.files}>
        {artifacts.map((artifact, index) => (
          <li key={artifact.id}>
            <Suspense fallback={<Placeholder artifact={artifact} />}>
              <FileChange artifact={whole ? { ...artifact, baseContentUrl: null } : artifact} whole={whole} proof={files[artifact.id]} initiallyOpen={artifacts.length <= OPEN_UP_TO || index === 0} />
            </Suspense>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const Placeholder = ({ artifact }: { artifact: ApprovalArtifact }) => (
  <div className={styles.placeholder}>
    <span className="mono">{artifact.path}</span>
    <Bones widths={[60, 80]} />
  </div>
);
