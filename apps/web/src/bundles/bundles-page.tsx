import '@mantine/core/styles/Input.layer.css';
import type { BundleSummary } from '@countersign/contracts';
import { moneyWords } from '@countersign/view';
import { IconPackages } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { bundlesQuery, draftsQuery } from '../api/queries.js';
import { Avatar } from '../parts/avatar.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Bones, Empty, Loaded } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import { Page } from '../shell/page.js';
import { useMe } from '../shell/session.js';
import { NewBundle } from './new-bundle.js';
import lists from '../parts/list.module.css';
import cards from '../teams/teams-page.module.css';
import styles from './bundles.module.css';

/** Teams that can be hired, and for the platform's governor what is being written. */
export function BundlesPage() {
  const bundles = useQuery(bundlesQuery);
  const { roles } = useMe();
  const governs = roles.includes('platform_governor');
  const authority = governs || roles.some((role) => role === 'genesis' || role === 'systems_architect' || role === 'vision_guardian');
  return (
    <Page title="Bundles" back={{ to: '/teams', label: 'Teams' }} aside={authority && <Link to="/evolutions">Evolutions</Link>} wide>
      {governs && <Drafts />}
      <Loaded query={bundles} what="bundles" skeleton={<Bones />}>
        {(items) => (
          <>
            {items.length === 0 ? (
              <Empty title="Nothing can be hired yet" icon={<IconPackages size={28} stroke={1.6} />}>
                <p className="soft">A bundle is the recipe of a team. It stands here once a governor of the platform has published one.</p>
              </Empty>
            ) : (
              <ul className={cards.teams}>
                {items.map((bundle) => (
                  <li key={bundle.id}>
                    <Card bundle={bundle} />
                  </li>
                ))}
              </ul>
            )}
            {governs && <NewBundle bundles={items} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

const Card = ({ bundle: { id, title, version, description, members, monthly } }: { bundle: BundleSummary }) => (
  <Link to="/bundles/$bundleId" params={{ bundleId: id }} className={cards.card}>
    <span className={cards.head}>
      <Avatar name={title} square size={40} />
      <span className={cards.name}>
        <strong>
          <Revealed text={title} />
        </strong>
        <span className="soft small">
          {members.length} members · version {version}
        </span>
      </span>
      <span className={styles.price}>
        {moneyWords(monthly).replace(/\.00$/, '')} <span className="soft small">a month</span>
      </span>
    </span>
    <span className={`soft ${lists.clamped}`}><Revealed text={description} /></span>
  </Link>
);

function Drafts() {
  const drafts = useQuery(draftsQuery).data ?? [];
  if (drafts.length === 0) return null;
  return (
    <Panel title="Being written">
      <ul className={lists.rows}>
        {drafts.map(({ id, editedAt, reviewed }) => (
          <li key={id}>
            <Link to="/bundles/$bundleId/draft" params={{ bundleId: id }} className={styles.draft}>
              <strong>{id}</strong>
              <span className="soft small">
                {reviewed ? 'Reviewed' : 'Not reviewed'} · changed <Ago at={editedAt} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
