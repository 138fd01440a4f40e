import { Button } from '@mantine/core';
import { IconMapQuestion } from '@tabler/icons-react';
import { Link, useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { CopyButton } from '../parts/copy.js';
import { detailsOf, Empty, sentence } from '../parts/states.js';

export const NotFound = () => (
  <Empty alone title="There is no page at this address" icon={<IconMapQuestion size={28} stroke={1.6} />}>
    <p className="soft">The link may be incomplete.</p>
    <Link to="/">Go to the inbox</Link>
  </Empty>
);

/** As the browsers say it. */
const NOT_LOADED = /preload|dynamically imported|importing a module/i;

/** A page that broke: usually a part of the app that could not be loaded. */
export function PageFailed({ error: thrown }: ErrorComponentProps) {
  const router = useRouter();
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return (
    <Empty alone title="This page could not be shown">
      <p className="soft">{NOT_LOADED.test(error.message) ? 'A part of the app could not be loaded.' : sentence(error)} Nothing was changed.</p>
      <Button onClick={() => void router.invalidate()}>Try again</Button>
      <CopyButton text={detailsOf(error)} label="Copy details" />
    </Empty>
  );
}
