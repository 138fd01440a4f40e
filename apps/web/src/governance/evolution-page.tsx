import '@mantine/core/styles/Input.layer.css';
import type { ConfirmationView, EvolutionProposal, EvolutionVerb, EvolutionView } from '@countersign/contracts';
import { Button, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { evolutionQuery, evolutionReviewsQuery, keys } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { FactsList } from '../parts/facts-list.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Bones, Loaded, sentence } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import { Page } from '../shell/page.js';
import { useMe } from '../shell/session.js';
import forms from '../parts/form.module.css';
import lists from '../parts/list.module.css';
import { Reviewing } from './reviewing.js';
import { CRITERIA } from './words.js';
import styles from './governance.module.css';

/** One evolution: what is proposed, who thinks what of it, the governor's six answers, and the decision. */
export function EvolutionPage() {
  const { evolutionId } = useParams({ from: '/evolutions/$evolutionId' });
  const query = useQuery(evolutionQuery(evolutionId));
  return (
    <Page title={query.data?.title ?? 'Evolution'} back={{ to: '/evolutions', label: 'Evolutions' }} wide>
      <Loaded query={query} what="evolution" skeleton={<Bones />}>
        {(evolution) => <Evolution evolution={evolution} />}
      </Loaded>
    </Page>
  );
}

function Evolution({ evolution }: { evolution: EvolutionView }) {
  const { id, state, sha256, seed, reviews, answers, rationale, decider, decidedAt } = evolution;
  const me = useMe();
  const own = me.personId === evolution.proposedBy;
  const governs = me.roles.includes('platform_governor');
  const said = useQuery(evolutionReviewsQuery(id)).data ?? [];
  return (
    <div className={lists.stack}>
      <Proposal evolution={evolution} />
      {reviews.length > 0 && <Reviewing path={`/v1/evolutions/${id}`} named={id} about={{ sha256, scopeSha256: null }} reviews={reviews} said={said} open={state === 'proposed'} stale={keys.evolutions} />}
      {answers.length > 0 && (
        <Panel title="Six questions" aside={`${answers.filter(({ accepted }) => accepted === true).length} accepted`}>
          <ul className={lists.rows}>
            {answers.map((answer) => (
              <li key={answer.question} className={styles.question}>
                <Question id={id} answer={answer} asks={governs && !own && state === 'proposed'} />
              </li>
            ))}
          </ul>
        </Panel>
      )}
      {state === 'proposed' ? (
        <>
          {governs && !own && <Decide id={id} />}
          {own && <Withdraw id={id} />}
        </>
      ) : (
        <Panel title={seed === null ? `It is ${state}` : `It is the precedent ${seed}`}>
          {decidedAt !== null && (
            <p className="soft small">
              {decider ?? 'Somebody who is not there any more'}, <Ago at={decidedAt} />
            </p>
          )}
          <ul className={styles.words}>
            {rationale.map((why) => (
              <li key={why}>
                <Revealed text={why} />
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </div>
  );
}

function Proposal({ evolution: { id, state, proposal, proposer, proposedBy } }: { evolution: EvolutionView }) {
  const { current, proposed, rationale, about, criteria, seed } = proposal as Partial<EvolutionProposal>;
  const rows = [
    { label: 'Proposed by', value: proposer ?? (proposedBy === null ? 'not on record: the precedent of the operator’s file is its record' : 'somebody who is not there any more') },
    { label: 'Today', value: current ?? '' },
    { label: 'Proposed', value: proposed ?? '' },
    { label: 'Because', value: rationale?.join('; ') ?? '' },
    { label: 'Lets further', value: about ? `teams of ${about.bundle}@${about.version}` : '' },
    ...(criteria ? Object.entries(CRITERIA).map(([name, label]) => ({ label, value: criteria[name as keyof typeof CRITERIA].join('; ') || 'no' })) : []),
    { label: state === 'approved' ? 'Became' : 'Would become', value: seed ? `${seed.seed_id}: ${seed.principle}` : '' },
  ].filter(({ value }) => value !== '');
  return (
    <Panel title={id} aside={state}>
      <FactsList rows={rows} />
    </Panel>
  );
}

function Question({ id, answer: { question, words, accepted, note }, asks }: { id: string; answer: ConfirmationView; asks: boolean }) {
  const [said, setSaid] = useState(note);
  const send = useSendOnce<EvolutionView, boolean>({ about: `${id} ${question} ${said}`, request: (yes) => ({ path: `/v1/evolutions/${id}/answers`, body: { question, accepted: yes, note: said.trim() } }), stale: [keys.evolutions], repeatable: true });
  return (
    <>
      <p>
        <Revealed text={words} />
      </p>
      <p className="soft small">
        {accepted === null ? 'Not answered' : accepted ? 'Accepted' : 'Not accepted'}
        {note !== '' && <>: <Revealed text={note} /></>}
      </p>
      {asks && (
        <div className={styles.buttons} role="group" aria-label={words}>
          <TextInput label="Note" description="Optional, kept with the answer." size="md" className={styles.note} maxLength={1_000} value={said} onChange={({ currentTarget }) => setSaid(currentTarget.value)} />
          <Button variant={accepted === true ? 'filled' : 'light'} mih={44} loading={send.isPending} onClick={() => send.mutate(true)}>
            Accept
          </Button>
          <Button variant="subtle" mih={44} loading={send.isPending} onClick={() => send.mutate(false)}>
            Do not accept
          </Button>
        </div>
      )}
      {send.error && (
        <p className={forms.error} role="alert">
          {sentence(send.error)}
        </p>
      )}
    </>
  );
}

/** One reason a line, and the buttons that need one. */
function Rationale({ title, lead, label, id, verbs }: { title: string; lead: string; label: string; id: string; verbs: Readonly<Partial<Record<EvolutionVerb, string>>> }) {
  const [why, setWhy] = useState('');
  const rationale = why.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const send = useSendOnce<EvolutionView, EvolutionVerb>({ about: `${id} ${why}`, request: (verb) => ({ path: `/v1/evolutions/${id}/decision`, body: { verb, rationale } }), stale: [keys.evolutions] });
  return (
    <Panel title={title}>
      <div className={forms.form}>
        <Textarea label={label} description={lead} autosize minRows={3} value={why} onChange={({ currentTarget }) => setWhy(currentTarget.value)} />
        {send.error && (
          <p className={forms.error} role="alert">
            {sentence(send.error)}
          </p>
        )}
        <div className={styles.buttons}>
          {(Object.entries(verbs) as [EvolutionVerb, string][]).map(([verb, words], index) => (
            <Button key={verb} mih={44} variant={index === 0 ? 'filled' : 'light'} loading={send.isPending} disabled={rationale.length === 0} onClick={() => send.mutate(verb)}>
              {words}
            </Button>
          ))}
        </div>
      </div>
    </Panel>
  );
}

const Decide = ({ id }: { id: string }) => <Rationale id={id} title="Your decision" label="Rationale" lead="One reason a line. It is the record, and the precedent’s if you approve." verbs={{ approve: 'Approve', reject: 'Reject' }} />;

/** Who proposed it decides nothing about it but this. */
const Withdraw = ({ id }: { id: string }) => <Rationale id={id} title="You proposed it" label="Why it is taken back" lead="Somebody else decides about it. You can take it back; the reason is kept." verbs={{ withdraw: 'Take it back' }} />;
