import '@mantine/core/styles/Input.layer.css';
import type { BundleDetail, BundleDraftView, BundlePublished, BundleVersion, QuoteView } from '@countersign/contracts';
import { counted } from '@countersign/view';
import { Button, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { bundleQuery, draftsQuery, keys, quoteQuery, reviewsQuery, versionsQuery } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { isAbout, Reviewing } from '../governance/reviewing.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Bones, Loaded, sentence } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import { Page } from '../shell/page.js';
import { useMe } from '../shell/session.js';
import forms from '../parts/form.module.css';
import lists from '../parts/list.module.css';
import { PricePicture } from './price-picture.js';
import styles from './bundles.module.css';

/** One bundle: what it costs, who is in it, and for the platform's governor its versions and the way to the next. */
export function BundlePage() {
  const { bundleId } = useParams({ from: '/bundles/$bundleId' });
  const bundle = useQuery(bundleQuery(bundleId));
  const { roles } = useMe();
  const governs = roles.includes('platform_governor');
  const authority = roles.some((role) => AUTHORITIES.has(role));
  return (
    <Page title={bundle.data?.title ?? 'Bundle'} back={{ to: '/bundles', label: 'Bundles' }} aside={governs && bundle.data && <Edit bundle={bundle.data} />} wide>
      <Loaded query={bundle} what="bundle" skeleton={<Bones />}>
        {(detail) => (
          <div className={styles.columns}>
            <div className={lists.stack}>
              <Quoted bundleId={bundleId} />
            </div>
            <div className={lists.stack}>
              <Members bundle={detail} />
              {authority && <Reviews bundle={detail} />}
              {governs && <Versions bundle={detail} />}
            </div>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

const AUTHORITIES: ReadonlySet<string> = new Set(['genesis', 'systems_architect', 'vision_guardian', 'platform_governor']);

/** What architect and guardian think of the newest version and of what its agents may touch now; the newest word of each about that counts. */
function Reviews({ bundle: { id, version } }: { bundle: BundleDetail }) {
  const found = useQuery(reviewsQuery(id, version)).data;
  if (found === undefined) return null;
  const { items, sha256, scopeSha256 } = found;
  const about = { sha256, scopeSha256 };
  const reviews = (['systems_architect', 'vision_guardian'] as const).map((role) => ({ role, state: items.find((review) => review.role === role && isAbout(review, about))?.verdict ?? ('missing' as const) }));
  return <Reviewing path={`/v1/bundles/${id}/versions/${version}`} named={`${id} ${version}`} about={about} reviews={reviews} said={items} open stale={keys.reviews(id, version)} />;
}

const Quoted = ({ bundleId }: { bundleId: string }) => (
  <Loaded query={useQuery(quoteQuery(bundleId))} what="price" skeleton={<Bones />}>
    {(quote: QuoteView) => <PricePicture quote={quote} />}
  </Loaded>
);

const Members = ({ bundle: { description, members } }: { bundle: BundleDetail }) => (
  <Panel title="The team" aside={counted(members.length, 'member')}>
    <p className={styles.about}><Revealed text={description} /></p>
    <ul className={lists.rows}>
      {members.map(({ name, skill, agent, kind }) => (
        <li key={skill} className={styles.member}>
          <strong>
            <Revealed text={name} />
          </strong>
          <span className="soft small">{kind === 'manager' ? 'manager' : `${skill} · ${agent}`}</span>
        </li>
      ))}
    </ul>
  </Panel>
);

/** To the draft there is, or to a new one from this version. */
function Edit({ bundle: { id } }: { bundle: BundleDetail }) {
  const navigate = useNavigate();
  const drafts = useQuery(draftsQuery);
  const open = (): unknown => navigate({ to: '/bundles/$bundleId/draft', params: { bundleId: id } });
  const client = useQueryClient();
  /** The one that was published stands there still: what is written into it meanwhile would be lost. */
  const shown = (draft: BundleDraftView): unknown => {
    client.setQueryData(keys.draft(id), draft);
    return open();
  };
  const begin = useSendOnce<BundleDraftView, string>({ about: id, request: () => ({ path: `/v1/bundles/${id}/versions`, body: {} }), stale: [keys.drafts], onSuccess: shown, repeatable: true });
  const there = drafts.data?.some((draft) => draft.id === id) === true;
  return (
    <Button variant="light" loading={begin.isPending || drafts.isPending} onClick={() => (there ? open() : begin.mutate('begin'))}>
      {there ? 'Open the draft' : 'Write the next version'}
    </Button>
  );
}

function Versions({ bundle: { id, version: newest } }: { bundle: BundleDetail }) {
  const versions = useQuery(versionsQuery(id));
  return (
    <Panel title="Versions">
      <p className="soft small">A published version never changes, and a team keeps the one it was hired with.</p>
      <Loaded query={versions} what="versions" skeleton={<Bones />}>
        {(items) => (
          <ul className={lists.rows}>
            {items.map((version) => (
              <li key={version.version} className={styles.version}>
                <Version version={version} newest={newest} />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}

function Version({ version: { id, version, publishedAt, publishedBy, restores, teams }, newest }: { version: BundleVersion; newest: number }) {
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState('');
  const back = useSendOnce<BundlePublished, string>({ about: `${id} ${version} ${newest}`, request: (why) => ({ path: `/v1/bundles/${id}/rollback`, body: { version, reason: why } }), stale: [keys.bundles], onSuccess: () => setAsking(false) });
  return (
    <>
      <span className={styles.versionLine}>
        <strong className="num">{version}</strong>
        <span className="soft small">
          <Ago at={publishedAt} />
          {publishedBy === null && ', from a file'}
          {restores !== null && `, again as ${restores}`} · {counted(teams, 'team')}
        </span>
        {version === newest ? (
          <span className="small">in force</span>
        ) : (
          <Button size="compact-md" variant="subtle" mih={44} onClick={() => setAsking(!asking)} aria-expanded={asking}>
            Publish again
          </Button>
        )}
      </span>
      {asking && (
        <form
          className={forms.form}
          onSubmit={(event) => {
            event.preventDefault();
            back.mutate(reason.trim());
          }}
        >
          <TextInput label="Why" description={`Version ${newest + 1} will be as ${version} was. It is on record.`} size="md" maxLength={500} value={reason} onChange={({ currentTarget }) => setReason(currentTarget.value)} />
          {back.error && (
            <p className={forms.error} role="alert">
              {sentence(back.error)}
            </p>
          )}
          <Button type="submit" loading={back.isPending} disabled={reason.trim() === ''}>
            Publish {version} again
          </Button>
        </form>
      )}
    </>
  );
}
