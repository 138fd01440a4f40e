import type { ApprovalDetail } from '@countersign/contracts';
import { IconShieldCheck } from '@tabler/icons-react';
import { FactsList } from '../parts/facts-list.js';
import { Panel } from '../parts/panel.js';
import styles from './facts.module.css';

/** What the server computed from stored rows. Agents' words have another style, so that neither passes for the other. */
export const Facts = ({ approval }: { approval: ApprovalDetail }) => (
  <Panel
    title={
      <span className={styles.title}>
        <IconShieldCheck size={20} stroke={1.9} aria-hidden="true" />
        Facts
      </span>
    }
    aside="Computed, not written by an agent"
  >
    <FactsList rows={approval.facts} />
  </Panel>
);
