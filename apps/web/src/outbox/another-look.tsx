import { anotherLookWords } from '@countersign/view';
import { Link } from '@tanstack/react-router';
import { Revealed } from '../parts/revealed.js';
import { ANOTHER_LOOK, SavedMark } from './saved-notice.js';
import { useOutbox } from './use-saved.js';
import card from '../inbox/approval-card.module.css';
import list from '../inbox/inbox-list.module.css';

/** Decisions that came too late, wherever their requests stand now. */
export function AnotherLook() {
  const refused = useOutbox().filter(({ problem }) => problem !== undefined);
  if (refused.length === 0) return null;
  return (
    <section className={list.group}>
      <h2>{ANOTHER_LOOK}</h2>
      <ul className={list.cards}>
        {refused.map((saved) => (
          <li key={saved.approvalId}>
            <Link to="/a/$approvalId" params={{ approvalId: saved.approvalId }} className={card.card}>
              <strong className={card.title}><Revealed text={saved.title} /></strong>
              <span className="soft small">{anotherLookWords(saved)}</span>
              <SavedMark saved={saved} />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
