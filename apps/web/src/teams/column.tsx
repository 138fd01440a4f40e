import { closestCenter, DndContext, KeyboardSensor, PointerSensor, useSensor, useSensors, type Announcements, type DragEndEvent, type UniqueIdentifier } from '@dnd-kit/core';
import { SortableContext, sortableKeyboardCoordinates, useSortable, verticalListSortingStrategy } from '@dnd-kit/sortable';
import { CSS } from '@dnd-kit/utilities';
import type { BoardCard, BoardColumn, TeamDetail } from '@countersign/contracts';
import { inSight, movedTo } from '@countersign/view';
import { IconGripVertical } from '@tabler/icons-react';
import { failureWords } from '../approval/failure-words.js';
import { useMe } from '../shell/session.js';
import { Card } from './card.js';
import { useOrder } from './use-board.js';
import forms from '../parts/form.module.css';
import styles from './board.module.css';

interface ColumnProps {
  readonly column: BoardColumn;
  readonly version: number;
  readonly team: TeamDetail;
  readonly desktop: boolean;
}

/** Where a card is set down by mistake, it is set down again; a press that moves no further than this is a press. */
const PRESS_PX = 4;

/** The cards of one state. Whoever governs the team puts them in an order: by their grip with a finger, a mouse or the keys, or by a card's menu. */
export function Column({ column, version, team, desktop }: ColumnProps) {
  const sorts = useMe().roles.includes('customer_governor') && column.tasks.length > 1;
  const order = useOrder(team.id, column.id, version);
  const tasks = order.isPending ? sorted(column.tasks, order.variables) : column.tasks; // where it was put down, until the server has said
  const card = (task: BoardCard) => <Card card={task} places={{ of: tasks.map(({ id }) => id), order }} team={team} desktop={desktop} />;
  return (
    <section className={styles.column} aria-label={column.title}>
      <h3>
        {column.title} <span className={`${styles.count} num`}>{tasks.length}</span>
      </h3>
      {tasks.length === 0 && <p className={styles.none}>Nothing here</p>}
      {sorts ? (
        <Sorting tasks={tasks} onOrder={order.mutate}>
          {tasks.map((task) => (
            <Gripped key={task.id} task={task} disabled={order.isPending}>
              {card(task)}
            </Gripped>
          ))}
        </Sorting>
      ) : (
        tasks.length > 0 && (
          <ul>
            {tasks.map((task) => (
              <li key={task.id}>{card(task)}</li>
            ))}
          </ul>
        )
      )}
      {order.error && (
        <p className={forms.error} role="alert">
          {failureWords(order.error)}
        </p>
      )}
    </section>
  );
}

const sorted = (tasks: readonly BoardCard[], ids: readonly string[]): readonly BoardCard[] => [...tasks].sort((one, other) => ids.indexOf(one.id) - ids.indexOf(other.id));

interface SortingProps {
  readonly tasks: readonly BoardCard[];
  readonly onOrder: (ids: readonly string[]) => void;
  readonly children: React.ReactNode;
}
function Sorting({ tasks, onOrder, children }: SortingProps) {
  const sensors = useSensors(useSensor(PointerSensor, { activationConstraint: { distance: PRESS_PX } }), useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }));
  const ids = tasks.map(({ id }) => id);
  const ended = ({ active, over }: DragEndEvent): void => {
    if (over && over.id !== active.id) onOrder(movedTo(ids, String(active.id), ids.indexOf(String(over.id))));
  };
  return (
    <DndContext sensors={sensors} collisionDetection={closestCenter} onDragEnd={ended} accessibility={{ announcements: spoken(tasks), screenReaderInstructions: { draggable: 'Press space to take the card, the arrow keys to move it, space again to set it down, escape to leave it where it was.' } }}>
      <SortableContext items={ids} strategy={verticalListSortingStrategy}>
        <ul>{children}</ul>
      </SortableContext>
    </DndContext>
  );
}

/** For who does not see it: what is being moved, by its title, and where it is. */
function spoken(tasks: readonly BoardCard[]): Announcements {
  const named = (id: UniqueIdentifier): string => inSight(tasks.find((task) => task.id === id)?.title ?? '');
  const place = (id: UniqueIdentifier): string => `place ${tasks.findIndex((task) => task.id === id) + 1} of ${tasks.length}`;
  return {
    onDragStart: ({ active }) => `Took ${named(active.id)}, ${place(active.id)}.`,
    onDragOver: ({ active, over }) => (over ? `${named(active.id)} is over ${place(over.id)}.` : undefined),
    onDragEnd: ({ active, over }) => (over ? `${named(active.id)} was set down at ${place(over.id)}.` : `${named(active.id)} stays where it was.`),
    onDragCancel: ({ active }) => `${named(active.id)} stays where it was.`,
  };
}

function Gripped({ task, disabled, children }: { readonly task: BoardCard; readonly disabled: boolean; readonly children: React.ReactNode }) {
  const { attributes, listeners, setNodeRef, setActivatorNodeRef, transform, transition, isDragging } = useSortable({ id: task.id, disabled });
  return (
    <li ref={setNodeRef} className={`${styles.gripped} ${isDragging ? styles.taken : ''}`} style={{ transform: CSS.Translate.toString(transform), transition }}>
      <button type="button" ref={setActivatorNodeRef} className={styles.grip} {...attributes} {...listeners} aria-label={`Move ${inSight(task.title)}`}>
        <IconGripVertical size={18} aria-hidden="true" />
      </button>
      {children}
    </li>
  );
}
