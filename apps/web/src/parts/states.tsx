import { inSight } from '@countersign/view';
import { Button } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { IconCloudOff, IconMoodEmpty } from '@tabler/icons-react';
import { useEffect, useState, type ReactNode } from 'react';
import { useConnection } from '../api/connection.js';
import { ApiProblem, Unreachable } from '../api/http.js';
import { CopyButton } from './copy.js';
import { Shape } from './shape.js';
import styles from './states.module.css';

const SKELETON_AFTER_MS = 150;

/** Nothing for a moment, then the skeleton: what is fast never flickers. */
export function AfterAMoment({ children }: { children: ReactNode }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return late ? (
    <div role="status">
      <span className="sr">Loading</span>
      <div aria-hidden="true">{children}</div>
    </div>
  ) : null;
}

/** Grey lines in the place of text; `width` in per cent. */
export const Bones = ({ widths = [70, 100, 45] }: { widths?: readonly number[] }) => (
  <div className={styles.bones}>
    {widths.map((width, index) => (
      <span key={index} style={{ width: `${width}%` }} />
    ))}
  </div>
);

interface LoadedProps<T> extends Alone {
  readonly query: UseQueryResult<T>;
  readonly skeleton: ReactNode;
  readonly what: string;
  readonly children: (data: T) => ReactNode;
}

/** Why there are no data, also while they are asked for again: what was said then stays on the screen until there are. */
export function useFailure({ error, errorUpdateCount }: Pick<UseQueryResult, 'error' | 'errorUpdateCount'>): Error | null {
  const [last, keep] = useState(error);
  if (error !== null && error !== last) keep(error);
  return error ?? (errorUpdateCount > 0 ? last : null);
}

/** Shows data once there is some, and keeps it on the screen while it is read again. */
export function Loaded<T>({ query, skeleton, what, alone, children }: LoadedProps<T>) {
  const { online } = useConnection();
  const error = useFailure(query);
  if (query.data !== undefined) return children(query.data);
  if (error !== null && !online && error instanceof Unreachable) return <NotSaved alone={alone} />;
  if (error !== null) return <Failure error={error} what={what} retry={() => void query.refetch()} busy={query.isFetching} alone={alone} />;
  return <AfterAMoment>{skeleton}</AfterAMoment>;
}

/** Of what stands in the place of a whole page: its title is then the page's. */
interface Alone {
  readonly alone?: boolean | undefined;
}

interface FailureProps extends Alone {
  readonly error: Error;
  /** What was tried, as in "Could not load …". */
  readonly what: string;
  readonly retry?: (() => void) | undefined;
  readonly busy?: boolean;
  /** What is known about whether anything was changed. Reading changes nothing. */
  readonly changed?: string;
}

/** What failed in words, whether anything was changed, and what one can do. */
export function Failure({ error, what, retry, busy = false, changed = 'Nothing was changed.', alone }: FailureProps) {
  const Title = alone ? 'h1' : 'h2';
  const missing = error instanceof ApiProblem && error.status === 404;
  return (
    <div className={styles.failure} role="alert">
      <Title>
        <Shape tone={missing ? 'idle' : 'failed'} />
        {missing ? `There is no such ${what}` : `Could not load the ${what}`}
      </Title>
      <p className="soft">
        {sentence(error)} {changed}
      </p>
      <div className={styles.actions}>
        {retry && !missing && (
          <Button onClick={retry} loading={busy}>
            Try again
          </Button>
        )}
        <CopyButton text={detailsOf(error)} label="Copy details" />
      </div>
    </div>
  );
}

export function sentence(error: Error): string {
  if (error instanceof Unreachable) return 'The server cannot be reached.';
  if (error instanceof ApiProblem && error.status === 404) return 'It may have been removed, or it belongs to somebody else.';
  return asSentence(error.message);
}

/** An error's words may be a stranger's, of a service or a proxy: what cannot be seen in them is named. */
export function asSentence(words: string): string {
  const text = inSight(words.charAt(0).toUpperCase() + words.slice(1));
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** For a person who helps: the problem as the server told it, with its request id. */
export const detailsOf = (error: Error): string => JSON.stringify({ page: location.pathname, at: new Date().toISOString(), ...(error instanceof ApiProblem ? error.details : { error: error.name, message: error.message }) }, null, 2);

/** One sentence about what will be here, and what one can do meanwhile. */
export function Empty({ title, children, icon, alone }: Alone & { title: string; children?: ReactNode; icon?: ReactNode }) {
  const Title = alone ? 'h1' : 'h2';
  return (
    <div className={styles.empty}>
      <span className={styles.icon} aria-hidden="true">
        {icon ?? <IconMoodEmpty size={28} stroke={1.6} />}
      </span>
      <Title>{title}</Title>
      {children}
    </div>
  );
}

const NotSaved = ({ alone }: Alone) => (
  <Empty alone={alone} title="Not saved on this device" icon={<IconCloudOff size={28} stroke={1.6} />}>
    <p className="soft">You are offline and have not opened this here before.</p>
  </Empty>
);
