import { CatchBoundary } from '@tanstack/react-router';
import { Suspense, type ReactNode } from 'react';

const once = (): string => 'once';
const NotLoaded = () => (
  <p className="soft small" role="status">
    A part of this page could not be loaded. Reload the page to see it.
  </p>
);

/** What is loaded on demand, and is not what the page is for: where it cannot be loaded that is said in its place, and everything else stays. */
export const Optional = ({ children }: { children: ReactNode }) => (
  <CatchBoundary getResetKey={once} errorComponent={NotLoaded} onCatch={(error) => console.warn('a part of the page could not be shown', error)}>
    <Suspense>{children}</Suspense>
  </CatchBoundary>
);
