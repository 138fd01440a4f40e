import { IconGitBranch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { evolutionsQuery } from '../api/queries.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Bones, Empty, Loaded } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import { Page } from '../shell/page.js';
import lists from '../parts/list.module.css';
import styles from './governance.module.css';

/** What was proposed that agents may do beyond what was decided. */
export const EvolutionsPage = () => (
  <Page title="Evolutions" back={{ to: '/bundles', label: 'Bundles' }} wide>
    <Loaded query={useQuery(evolutionsQuery)} what="evolutions" skeleton={<Bones />}>
      {(items) =>
        items.length === 0 ? (
          <Empty title="Nothing is proposed" icon={<IconGitBranch size={28} stroke={1.6} />}>
            <p className="soft">An evolution lets agents do, touch or decide more than was decided. It is proposed by a file: countersign evolution propose FILE</p>
          </Empty>
        ) : (
          <Panel title="Proposed">
            <ul className={lists.rows}>
              {items.map(({ id, title, state, proposedAt, seed }) => (
                <li key={id}>
                  <Link to="/evolutions/$evolutionId" params={{ evolutionId: id }} className={styles.row}>
                    <strong>
                      <Revealed text={title} />
                    </strong>
                    <span className="soft small">
                      {id} · {state}
                      {seed !== null && `, precedent ${seed}`} · <Ago at={proposedAt} />
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          </Panel>
        )
      }
    </Loaded>
  </Page>
);
