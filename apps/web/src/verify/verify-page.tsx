import '@mantine/core/styles/Input.layer.css';
import { receiptWords, verifyReceiptFile, type DecisionReport } from '@countersign/audit/web';
import { Button, TextInput } from '@mantine/core';
import { IconAlertOctagon, IconCircleCheck, IconCircleDashed, IconFileUpload, IconRosetteDiscountCheck } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { sentence } from '../parts/states.js';
import { Mark } from '../shell/brand.js';
import { useTitle } from '../shell/use-title.js';
import { pinnedKeysFor } from '../witness/memories.js';
import { findingWords } from './finding-words.js';
import styles from './verify-page.module.css';

const MOST_BYTES = 1024 * 1024;

interface Wish {
  readonly file: File;
  readonly key: string;
}

async function verify({ file, key }: Wish): Promise<DecisionReport> {
  if (file.size > MOST_BYTES) throw new Error('That is too large to be a receipt');
  const text = await file.text();
  // one that was made before the record's key changed is under the key of then
  const [first, ...others] = key.trim() === '' ? await pinnedKeysFor(text) : [key.trim()];
  const reports = await Promise.all([first, ...others].map((each) => verifyReceiptFile(text, each)));
  return reports.find(({ ok }) => ok) ?? reports[0]!;
}

/** Verifies a receipt in this browser: nobody has to be signed in, and nothing is sent or asked anywhere. */
export function VerifyPage() {
  useTitle('Verify a receipt');
  const input = useRef<HTMLInputElement>(null);
  const [key, setKey] = useState('');
  const check = useMutation({ mutationFn: verify });
  const name = check.variables?.file.name ?? '';
  const take = (file: File | undefined): void => {
    if (file) check.mutate({ file, key });
    if (input.current) input.current.value = ''; // the same file again is another look
  };
  return (
    <main
      className={styles.page}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        take(event.dataTransfer.files[0]);
      }}
    >
      <header className={styles.head}>
        <Mark size={44} />
        <h1>Verify a receipt</h1>
        <p className="soft">It is checked in this browser alone: nothing is sent, and nobody has to be signed in. It works without a connection, too.</p>
        <p className="soft small">
          A receipt holds one entry of a team’s record and a <em>head</em>: the notary’s signature over all entries up to then. A <em>digest</em> is the fingerprint (SHA-256) of what was decided on; three words beside it say the same, to be compared by eye.
        </p>
      </header>
      <Panel label="The receipt">
        <div className={styles.choose}>
          <input ref={input} id="receipt" className="sr" type="file" accept=".json,.tlog-proof,application/json" onChange={({ currentTarget }) => take(currentTarget.files?.[0])} aria-label="The receipt's file" tabIndex={-1} />
          <Button size="lg" leftSection={<IconFileUpload size={20} aria-hidden="true" />} loading={check.isPending} onClick={() => input.current?.click()}>
            Choose a receipt
          </Button>
          <details className={styles.key}>
            <summary>I have the key of the record from elsewhere</summary>
            <TextInput label="Key of the record" description="Otherwise the key that this browser pinned is used, and where it has pinned none, the one in the file." value={key} maxLength={500} spellCheck={false} autoComplete="off" onChange={({ currentTarget }) => setKey(currentTarget.value)} />
          </details>
        </div>
      </Panel>
      <div aria-live="polite" className={styles.result}>
        {check.error && <Refused why={sentence(check.error)} name={name} />}
        {check.data?.ok === false && <Refused why={findingWords(check.data.findings[0])} name={name} />}
        {check.data?.ok === true && <Sound report={check.data} name={name} />}
      </div>
      <p className={styles.foot}>
        <Link to="/">Countersign</Link> · In a terminal: <code>countersign audit verify FILE</code>
      </p>
    </main>
  );
}

const Refused = ({ why, name }: { why: string; name: string }) => (
  <section className={styles.refused} aria-label="Result">
    <h2>
      <IconAlertOctagon size={24} stroke={1.9} aria-hidden="true" />
      This receipt does not hold
    </h2>
    <p>
      <Revealed text={why} />
    </p>
    <p className="small"><Revealed text={name} />: nothing it says is shown, because nothing it says is proven. Ask for it again from whoever gave it to you.</p>
  </section>
);

function Sound({ report, name }: { report: DecisionReport; name: string }) {
  const { proven, open } = receiptWords(report);
  return (
    <>
      <section className={styles.sound} aria-label="Result">
        <h2>
          <IconRosetteDiscountCheck size={24} stroke={1.9} aria-hidden="true" />
          {report.keyPinned ? 'This receipt holds' : 'This receipt holds, by its own key'}
        </h2>
        <p className="small"><Revealed text={name} /></p>
      </section>
      <Panel title="Proven">
        <ul className={styles.lines}>
          {proven.map((line) => (
            <li key={line}>
              <IconCircleCheck size={20} stroke={1.9} className={styles.yes} aria-hidden="true" />
              <span>
                <Revealed text={line} />
              </span>
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title="Not proven by this file">
        <ul className={styles.lines}>
          {open.map((line) => (
            <li key={line}>
              <IconCircleDashed size={20} stroke={1.9} className={styles.open} aria-hidden="true" />
              <span>
                <Revealed text={line} />
              </span>
            </li>
          ))}
        </ul>
      </Panel>
      {report.payload && (
        <Panel>
          <details className={styles.key}>
            <summary>The entry, word for word</summary>
            <pre className={styles.entry}>{JSON.stringify(report.payload, null, 2)}</pre>
          </details>
        </Panel>
      )}
    </>
  );
}
