import type { CertificationView, ChecklistView, RiskView } from '@countersign/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { certificationQuery, teamQuery } from '../api/queries.js';
import { CRITERIA, REVIEWER, STANDING } from '../governance/words.js';
import { FactsList } from '../parts/facts-list.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Bones, Loaded } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import { Page } from '../shell/page.js';
import lists from '../parts/list.module.css';
import styles from './charter-page.module.css';

const route = getRouteApi('/teams/$teamId/charter');

/** What a team was certified by, or what stands against it, and its charter as a file. */
export function CharterPage() {
  const { teamId } = route.useParams();
  const team = useQuery(teamQuery(teamId)).data;
  const query = useQuery(certificationQuery(teamId));
  return (
    <Page title="Certification" back={{ to: '/teams/$teamId', params: { teamId }, label: team?.name ?? 'Team' }} wide>
      <Loaded query={query} what="certification" skeleton={<Panel><Bones widths={[45, 90, 60]} /></Panel>}>
        {(view) => (
          <div className={lists.stack}>
            <Standing view={view} teamId={teamId} />
            <Alignment view={view} />
            {view.checklists.map((checklist) => (
              <Checklist key={checklist.subject} checklist={checklist} />
            ))}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Standing({ view: { certifiedAt, refusal, refusalWords, bundle, classification, criteria, reviews, precedents, notes }, teamId }: { view: CertificationView; teamId: string }) {
  const rows = [
    { label: 'Bundle', value: bundle },
    { label: 'Against what was decided before', value: classification === 'within' ? 'stays within it' : 'goes further' },
    ...Object.entries(CRITERIA).map(([id, label]) => ({ label, value: criteria[id as keyof typeof CRITERIA].join('; ') })),
    ...reviews.map(({ role, state }) => ({ label: REVIEWER[role], value: STANDING[state] })),
    { label: 'Stands on', value: precedents.length === 0 ? 'no precedent' : precedents.join(', ') },
    { label: 'The architect notes', value: notes.join('; ') },
  ].filter(({ value }) => value !== '');
  return (
    <Panel title={certifiedAt === null ? 'Not certified' : 'Certified'} aside={certifiedAt === null ? undefined : <Ago at={certifiedAt} />}>
      {certifiedAt === null && <p className={styles.words}>{refusal === null ? 'Nothing stands against it: Genesis decides.' : refusalWords}</p>}
      <FactsList rows={rows} />
      <p className={styles.words}>
        <a href={`/v1/teams/${teamId}/charter`}>The charter and protocol, as they are enforced now (Markdown)</a>
      </p>
    </Panel>
  );
}

const Alignment = ({ view: { alignment, risks } }: { view: CertificationView }) => (
  <Panel title="Alignment" aside={<span className="num">{alignment} of 100</span>}>
    <ul className={lists.rows}>
      {risks.map((risk) => (
        <li key={risk.id} className={styles.risk}>
          <Risk risk={risk} />
        </li>
      ))}
    </ul>
  </Panel>
);

const Risk = ({ risk: { risk, mitigation, points, of, inputs } }: { risk: RiskView }) => (
  <>
    <div className={styles.head}>
      <strong>{risk}</strong>
      <span className="num">
        {points} <span className="soft">of {of}</span>
      </span>
    </div>
    <p className={styles.words}>{mitigation}</p>
    <Proofs proofs={inputs.map(({ name, met }) => ({ claim: name, holds: met }))} />
  </>
);

const Checklist = ({ checklist: { subject, version, headings } }: { checklist: ChecklistView }) => (
  <Panel title={subject === 'team' ? 'The team’s manifest' : `How the ${subject} works`} aside={`${version} · ${headings.length} of 10 headings`}>
    {headings.map(({ heading, name, says, evidence }) => (
      <details key={heading} className={styles.heading}>
        <summary>
          {name}
          {evidence.some(({ holds }) => !holds) && <span className={styles.untrue}> not so</span>}
        </summary>
        <p className={styles.words}><Revealed text={says === '' ? 'Nothing is said.' : says} /></p>
        <Proofs proofs={evidence} />
      </details>
    ))}
  </Panel>
);

const Proofs = ({ proofs }: { proofs: readonly { readonly claim: string; readonly holds: boolean }[] }) => (
  <ul className={styles.proofs}>
    {proofs.map(({ claim, holds }) => (
      <li key={claim} data-holds={holds}>
        <span aria-hidden>{holds ? '✓' : '✗'}</span> {!holds && <strong>Not so: </strong>}
        {claim}
      </li>
    ))}
  </ul>
);
