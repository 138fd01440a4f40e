import { IconChevronLeft } from '@tabler/icons-react';
import { Link, type LinkProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Revealed } from '../parts/revealed.js';
import styles from './page.module.css';
import { useTitle } from './use-title.js';

interface PageProps {
  readonly title: string;
  /** Beside the title, under it on phones. */
  readonly aside?: ReactNode;
  /** Above the title: where one came from. */
  readonly back?: { readonly to: LinkProps['to']; readonly params?: LinkProps['params']; readonly label: string };
  readonly children: ReactNode;
  readonly wide?: boolean;
  /** The last part stands at the bottom edge, however little is above it. */
  readonly footed?: boolean;
}

/** A page with its title; the title is also the tab's. */
export function Page({ title, aside, back, children, wide = false, footed = false }: PageProps) {
  useTitle(title);
  return (
    <div className={`${styles.page} ${wide ? styles.wide : ''} ${footed ? styles.footed : ''}`}>
      {back && <Back {...back} />}
      <header className={styles.head}>
        <h1>
          <Revealed text={title} />
        </h1>
        {aside}
      </header>
      {children}
    </div>
  );
}

export const Back = ({ to, params, label }: NonNullable<PageProps['back']>) => (
  <Link to={to} params={params} className={styles.back}>
    <IconChevronLeft size={20} stroke={2} aria-hidden="true" />
    <Revealed text={label} />
  </Link>
);
