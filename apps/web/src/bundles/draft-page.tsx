import '@mantine/core/styles/Input.layer.css';
import type { BundleChangeView, BundleDraftBody, BundleDraftView, BundlePublished, CertificationForecast, DraftFault } from '@countersign/contracts';
import { counted } from '@countersign/view';
import { Button, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { ApiProblem, putJson } from '../api/http.js';
import { draftQuery, keys } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { CRITERIA, REVIEWER } from '../governance/words.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Bones, Loaded, sentence } from '../parts/states.js';
import { Page } from '../shell/page.js';
import forms from '../parts/form.module.css';
import lists from '../parts/list.module.css';
import switches from '../parts/switch.module.css';
import { DraftFields, hasFields } from './draft-fields.js';
import { PricePicture } from './price-picture.js';
import styles from './bundles.module.css';

/** The next version of a bundle: written as fields or as a file, checked, reviewed, published. */
export function DraftPage() {
  const { bundleId } = useParams({ from: '/bundles/$bundleId/draft' });
  const draft = useQuery(draftQuery(bundleId));
  const [asFile, setAsFile] = useState(false);
  return (
    <Page title={`Draft of ${bundleId}`} back={{ to: '/bundles', label: 'Bundles' }} wide>
      <Loaded query={draft} what="draft" skeleton={<Bones />}>
        {(view) => (
          <div className={styles.columns}>
            <Editor key={view.sha256} draft={view} wantsFile={asFile} setAsFile={setAsFile} />
            <div className={lists.stack}>
              <Faults faults={view.faults} />
              <Changes draft={view} />
              {view.certification && <Forecast forecast={view.certification} />}
              <Forward draft={view} />
              {view.quote && <PricePicture quote={view.quote} />}
              <Rights draft={view} />
            </div>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

/** Fields and file are two ways to write the same: what is saved in one is there in the other. */
function Editor({ draft, wantsFile, setAsFile }: { draft: BundleDraftView; wantsFile: boolean; setAsFile: (asFile: boolean) => void }) {
  const read = hasFields(draft.document) ? draft.document : null;
  const asFile = wantsFile || read === null;
  const [document, setDocument] = useState(read);
  const [text, setText] = useState(draft.text);
  const save = useSave(draft);
  const changed = asFile ? text !== draft.text : JSON.stringify(document) !== JSON.stringify(read);
  return (
    <Panel
      title={draft.replaces === 0 ? 'First version' : `Version ${draft.replaces + 1}`}
      aside={
        <div className={switches.switch} role="group" aria-label="Edit as">
          {[false, true].map((file) => (
            <button key={String(file)} type="button" className={asFile === file ? switches.on : ''} aria-pressed={asFile === file} disabled={changed || (!file && read === null)} onClick={() => setAsFile(file)}>
              {file ? 'File' : 'Fields'}
            </button>
          ))}
        </div>
      }
    >
      <form
        className={forms.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(asFile || document === null ? { text } : { document });
        }}
      >
        {asFile || document === null ? (
          <Textarea label="The bundle’s file" description="YAML, as in bundles/." className={styles.file} autosize minRows={20} maxRows={60} spellCheck={false} value={text} onChange={({ currentTarget }) => setText(currentTarget.value)} />
        ) : (
          <DraftFields bundle={document} faults={draft.faults} change={setDocument} />
        )}
        {save.error && (
          <p className={forms.error} role="alert">
            Not saved. {sentence(save.error)}
            {save.error instanceof ApiProblem && save.error.code === 'stale_version' && ' Load the page again to see it.'}
          </p>
        )}
        {draft.faults.length > 0 && (
          <p className={forms.error} role="status">
            {counted(draft.faults.length, 'fault')} so far: each stands in the list with its line{asFile ? '' : ', and at its field where it has one'}.
          </p>
        )}
        <Button type="submit" loading={save.isPending} disabled={!changed}>
          Save and check
        </Button>
      </form>
    </Panel>
  );
}

function useSave({ id, sha256 }: BundleDraftView) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: BundleDraftBody) => putJson<BundleDraftView>(`/v1/bundles/${id}/draft`, body, `"${sha256}"`),
    onSuccess: (saved) => client.setQueryData(keys.draft(id), saved),
  });
}

const Faults = ({ faults }: { faults: readonly DraftFault[] }) =>
  faults.length === 0 ? null : (
    <Panel title="What keeps it from being published" aside={<span className="num">{faults.length}</span>}>
      <ul className={lists.rows}>
        {faults.map(({ line, column, pointer, rule, message }) => (
          <li key={`${line} ${column} ${rule} ${message}`} className={styles.fault}>
            <code>
              {line}:{column} {rule}
            </code>{' '}
            {pointer === '' ? '' : `${pointer}: `}
            <Revealed text={message} />
          </li>
        ))}
      </ul>
    </Panel>
  );

const SIGN: Readonly<Record<BundleChangeView['weight'], string>> = { wider: '↑', narrower: '↓', other: '·' };
const SAID: Readonly<Record<BundleChangeView['weight'], string>> = { wider: 'More: ', narrower: 'Less: ', other: '' };

const Changes = ({ draft: { changes, replaces, quote } }: { draft: BundleDraftView }) => (
  <Panel title={replaces === 0 ? 'What it is' : `What changes against version ${replaces}`}>
    {quote === null ? (
      <p className="soft">It can be said once it is a bundle: the list says what keeps it from that.</p>
    ) : changes.length === 0 ? (
      <p className="soft">Nothing is different for the customer.</p>
    ) : (
      <ul className={lists.rows}>
        {changes.map(({ aspect, weight, words }) => (
          <li key={`${aspect} ${words}`} className={styles.change}>
            <span className={styles[weight]} aria-hidden="true">
              {SIGN[weight]}
            </span>
            <span>
              <span className="sr">{SAID[weight]}</span>
              <Revealed text={words} /> <span className="soft small">{aspect}</span>
            </span>
          </li>
        ))}
      </ul>
    )}
  </Panel>
);

/** What Genesis would say of a team of it. */
const Forecast = ({ forecast: { classification, criteria, reviews, lacks, alignment } }: { forecast: CertificationForecast }) => (
  <Panel title="What its certification would want" aside={`alignment ${alignment} of 100`}>
    <ul className={lists.rows}>
      <li className={styles.said}>{classification === 'within' ? 'It stays within what was decided.' : 'It goes further than was decided.'}</li>
      {Object.entries(CRITERIA).flatMap(([name, label]) =>
        criteria[name as keyof typeof CRITERIA].map((why) => (
          <li key={`${name} ${why}`} className={styles.said}>
            {label}: <Revealed text={why} />
          </li>
        )),
      )}
      {reviews.map((role) => (
        <li key={role} className={styles.said}>
          It waits for {REVIEWER[role].toLowerCase()}.
        </li>
      ))}
      {lacks.map((words) => (
        <li key={words} className={styles.said}>
          It lacks: <Revealed text={words} />
        </li>
      ))}
    </ul>
  </Panel>
);

/** Review and publication, one after the other, of exactly the text that is shown. */
function Forward({ draft: { id, sha256, faults, reviewed } }: { draft: BundleDraftView }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [comment, setComment] = useState('');
  const ifMatch = `"${sha256}"`;
  const review = useSendOnce<BundleDraftView, string>({ about: sha256, request: () => ({ path: `/v1/bundles/${id}/review`, body: {}, ifMatch }), stale: [keys.drafts], onSuccess: (view) => client.setQueryData(keys.draft(id), view) });
  const publish = useSendOnce<BundlePublished, string>({
    about: sha256,
    request: (why) => ({ path: `/v1/bundles/${id}/publish`, body: { comment: why }, ifMatch }),
    stale: [keys.bundles],
    onSuccess: () => navigate({ to: '/bundles/$bundleId', params: { bundleId: id } }),
  });
  const error = publish.error ?? review.error;
  return (
    <Panel title="Review and publish">
      <form
        className={forms.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (reviewed) publish.mutate(comment.trim());
          else review.mutate('review');
        }}
      >
        <p className="soft">
          {faults.length > 0 ? 'It can be reviewed once nothing keeps it from being published.' : reviewed ? 'This text has been reviewed. Teams that run keep their version; the next one hired gets this.' : 'Who reviews it says on record that they have looked at what changes. Any later edit has to be reviewed again.'}
        </p>
        {reviewed && <TextInput label="Why" description="It is on record." size="md" maxLength={500} value={comment} onChange={({ currentTarget }) => setComment(currentTarget.value)} />}
        {error && (
          <p className={forms.error} role="alert">
            {sentence(error)}
          </p>
        )}
        <Button type="submit" loading={review.isPending || publish.isPending} disabled={faults.length > 0 || (reviewed && comment.trim() === '')}>
          {reviewed ? 'Publish' : 'I have reviewed these changes'}
        </Button>
      </form>
    </Panel>
  );
}

const Rights = ({ draft: { rights } }: { draft: BundleDraftView }) =>
  rights.length === 0 ? null : (
    <Panel title="Who may do what" aside="By the templates in force">
      <dl className={lists.stack}>
        {rights.map(({ skill, rights: own }) => (
          <div key={skill}>
            <dt>
              <strong>{skill}</strong>
            </dt>
            <dd className="soft small">{own.length === 0 ? 'nothing' : own.join(', ')}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
