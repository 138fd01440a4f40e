import '@mantine/core/styles/Popover.layer.css';
import '@mantine/core/styles/Menu.layer.css';
import type { BoardCard, CardMove, TeamDetail } from '@countersign/contracts';
import { workerName } from '@countersign/contracts/worker-name';
import { cardStatus, inSight, movedTo, MOVE_WORDS, turnWords } from '@countersign/view';
import { Button, Menu, Textarea } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconDots } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { failureWords } from '../approval/failure-words.js';
import { useDraft } from '../approval/use-draft.js';
import { Avatar } from '../parts/avatar.js';
import { Revealed } from '../parts/revealed.js';
import { Sheet } from '../parts/sheet.js';
import { StatusWord } from '../parts/shape.js';
import { useMe } from '../shell/session.js';
import { useMoveCard, type useOrder } from './use-board.js';
import forms from '../parts/form.module.css';
import styles from './board.module.css';

interface CardProps {
  readonly card: BoardCard;
  /** The cards of its column, and how they are put in another order. */
  readonly places: { readonly of: readonly string[]; readonly order: ReturnType<typeof useOrder> };
  readonly team: TeamDetail;
  readonly desktop: boolean;
}

/** One task: what it is, how it stands, whose turn it is, and what the reader may do with it. */
export function Card({ card, places, team, desktop }: CardProps) {
  const [asking, setAsking] = useState(false);
  const move = useMoveCard(team.id, card);
  const may = (wanted: CardMove): boolean => card.moves.includes(wanted);
  const turn = turnWords(card.turn);
  return (
    <article className={styles.card} aria-label={inSight(card.title)}>
      <Link to="/teams/$teamId/goals/$goalId" params={{ teamId: team.id, goalId: card.goalId }} className={styles.open}>
        <Revealed text={card.title} />
      </Link>
      <span className={styles.foot}>
        <span className={styles.member}>
          {card.member !== null && <Avatar name={card.member.name} size={22} />}
          {card.turn.action === 'assign_owner' && card.member === null ? 'nobody yet' : <Revealed text={workerName(card)} />}
          {card.round > 1 && <span className="num">· round {card.round}</span>}
        </span>
        <StatusWord status={cardStatus(card)} live />
      </span>
      {card.review.note !== '' && <q className={styles.note}><Revealed text={card.review.note} /></q>}
      {turn !== '' && <span className={styles.turn}>{turn}</span>}
      <div className={styles.actions}>
        {may('approve') && (
          <Button size="compact-md" loading={move.isPending && move.variables.verb === 'approve'} disabled={move.isPending} onClick={() => move.mutate({ verb: 'approve' })}>
            {MOVE_WORDS.approve}
          </Button>
        )}
        {may('request_changes') && (
          <Button size="compact-md" variant="default" disabled={move.isPending} onClick={() => setAsking(true)}>
            {MOVE_WORDS.request_changes}
          </Button>
        )}
        <More card={card} places={places} team={team} move={move} />
      </div>
      {move.error && !asking && (
        <p className={forms.error} role="alert">
          {failureWords(move.error)}
        </p>
      )}
      <Sheet opened={asking} onClose={() => setAsking(false)} title={`Request changes: ${card.title}`} desktop={desktop}>
        <ChangesForm card={card} move={move} onDone={() => setAsking(false)} />
      </Sheet>
    </article>
  );
}

type Moving = ReturnType<typeof useMoveCard>;

/** What is done more rarely, and the order of the column: all of it by keyboard. */
function More({ card, places: { of: ids, order }, team, move }: Omit<CardProps, 'desktop'> & { readonly move: Moving }) {
  const { personId, roles } = useMe();
  const governs = roles.includes('customer_governor');
  const others = (['request_review', 'start_review', 'reopen'] as const).filter((wanted) => card.moves.includes(wanted));
  if (!governs || (others.length === 0 && ids.length < 2 && !card.moves.includes('assign'))) return null;
  const place = ids.indexOf(card.id);
  return (
      <Menu>
        <Menu.Target>
          <Button size="compact-md" variant="default" aria-label={`More for ${inSight(card.title)}`} disabled={move.isPending || order.isPending}>
            <IconDots size={18} aria-hidden="true" />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {others.map((wanted) => (
            <Menu.Item key={wanted} onClick={() => move.mutate({ verb: VERB[wanted] })}>
              {MOVE_WORDS[wanted]}
            </Menu.Item>
          ))}
          {card.moves.includes('request_review') && <Menu.Item onClick={() => move.mutate({ verb: 'request-review', body: { reviewer: `person:${personId}` } })}>Review it myself</Menu.Item>}
          {card.moves.includes('assign') &&
            team.members.filter(({ kind, state }) => kind === 'specialist' && state === 'active').map(({ id, name }) => (
              <Menu.Item key={id} onClick={() => move.mutate({ verb: 'assign', body: { memberId: id } })}>
                {MOVE_WORDS.assign} <Revealed text={name} />
              </Menu.Item>
            ))}
          {card.moves.includes('remove') && <Menu.Item onClick={() => move.mutate({ verb: 'remove' })}>{MOVE_WORDS.remove}</Menu.Item>}
          {place > 0 && (
            <Menu.Item leftSection={<IconArrowUp size={18} aria-hidden="true" />} onClick={() => order.mutate(movedTo(ids, card.id, place - 1))}>
              Move up
            </Menu.Item>
          )}
          {place < ids.length - 1 && (
            <Menu.Item leftSection={<IconArrowDown size={18} aria-hidden="true" />} onClick={() => order.mutate(movedTo(ids, card.id, place + 1))}>
              Move down
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
  );
}
const VERB = { request_review: 'request-review', start_review: 'start-review', reopen: 'reopen' } as const;

function ChangesForm({ card, move, onDone }: { readonly card: BoardCard; readonly move: Moving; readonly onDone: () => void }) {
  const { text: comment, type, notKept } = useDraft(card.id, 'message');
  return (
    <form
      className={forms.form}
      onSubmit={(event) => {
        event.preventDefault();
        move.mutate({ verb: 'request-changes', body: comment.trim() === '' ? {} : { comment: comment.trim() } }, { onSuccess: () => { type(''); onDone(); } });
      }}
    >
      <Textarea label="What should change?" description={`Optional. ${inSight(workerName(card))} gets your words with the next round; they go on the record.`} value={comment} maxLength={2000} autosize minRows={3} onChange={({ currentTarget }) => type(currentTarget.value)} error={notKept} data-autofocus />
      {move.error && (
        <p className={forms.error} role="alert">
          {failureWords(move.error)}
        </p>
      )}
      <Button type="submit" size="lg" loading={move.isPending}>
        {MOVE_WORDS.request_changes}
      </Button>
    </form>
  );
}
