import { inSight } from '@countersign/view';
import { useEffect } from 'react';

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${inSight(title)} · Countersign`;
  }, [title]);
}
