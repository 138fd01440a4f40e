import type { Bundle, BundleDetail, BundleDraftView, BundleSummary } from '@countersign/contracts';
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { getJson } from '../api/http.js';
import { keys } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { Panel } from '../parts/panel.js';
import { sentence } from '../parts/states.js';
import styles from './bundles.module.css';

/** What a bundle has at the least; the draft's checks say field by field what is still to be written. */
const NOTHING = {
  version: 1,
  name: '',
  description: '',
  manager: { name: 'Mira', agent: 'manager-agent', template: 'manager' },
  members: [{ name: '', skill: '', agent: '' }],
  playbook: [{ key: 'work', title: 'What a goal turns into', skill: 'work', criteria: [{ id: 'parses', kind: 'parses' }] }],
  effect: { kind: 'file.publish' },
  budgets: { team: { tokens: 1_000_000, steps: 2_000, toolCalls: 2_000, minutes: 120, usd: 10 }, goal: { tokens: 100_000, steps: 200, toolCalls: 200, minutes: 10, usd: 1 } },
  approval: { timeoutMinutes: 1_440, validMinutes: 15, tier: 2 },
  helpdesk: { activation: 'ask', plan: '' },
  price: { currency: 'INR', tariff: 'discounted', monthly: 0 },
} satisfies Omit<Bundle, 'id'>;

/** A new bundle begins as a draft that is like one there is, or with nothing but what every bundle has. */
export function NewBundle({ bundles }: { bundles: readonly BundleSummary[] }) {
  const navigate = useNavigate();
  const [id, setId] = useState('');
  const [like, setLike] = useState(bundles[0]?.id ?? '');
  const begin = useSendOnce<BundleDraftView, { id: string; like: string }>({
    about: 'new bundle',
    request: async (wish) => {
      const document = wish.like === '' ? NOTHING : (await getJson<BundleDetail>(`/v1/bundles/${wish.like}`)).document;
      return { path: '/v1/bundles', body: { document: { ...document, id: wish.id, version: 1 } } };
    },
    stale: [keys.drafts],
    onSuccess: (draft) => navigate({ to: '/bundles/$bundleId/draft', params: { bundleId: draft.id } }),
  });
  return (
    <Panel title="A new bundle">
      <form
        className={styles.group}
        onSubmit={(event) => {
          event.preventDefault();
          begin.mutate({ id: id.trim(), like });
        }}
      >
        <TextInput label="Id" description="Lower-case words with hyphens." size="md" value={id} error={begin.error ? sentence(begin.error) : undefined} onChange={({ currentTarget }) => setId(currentTarget.value)} />
        <NativeSelect label="Begin like" description="Everything can be changed." size="md" value={like} onChange={({ currentTarget }) => setLike(currentTarget.value)} data={[...bundles.map((bundle) => ({ value: bundle.id, label: bundle.title })), { value: '', label: 'Nothing' }]} />
        <Button type="submit" variant="light" className={styles.wideField} loading={begin.isPending} disabled={id.trim() === ''}>
          Write it
        </Button>
      </form>
    </Panel>
  );
}
