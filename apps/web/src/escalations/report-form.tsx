import '@mantine/core/styles/Input.layer.css';
import type { Created } from '@countersign/contracts';
import { inSight, reportsOf } from '@countersign/view';
import { Button, NativeSelect, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { keys, teamQuery } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { failureWords } from '../approval/failure-words.js';
import { Panel } from '../parts/panel.js';
import { useMe } from '../shell/session.js';
import forms from '../parts/form.module.css';

/** What no row shows: whoever's role it is says it, and it goes to the authority that has to look at it. */
export function ReportForm() {
  const { roles, teams } = useMe();
  const reports = reportsOf(roles);
  const [kind, setKind] = useState(reports[0]?.kind);
  const [teamId, setTeamId] = useState(teams[0]?.id);
  const [memberId, setMemberId] = useState('');
  const [words, setWords] = useState('');
  const report = reports.find((each) => each.kind === kind);
  const members = useQuery({ ...teamQuery(teamId ?? ''), enabled: teamId !== undefined && report?.ofMember === true }).data?.members ?? [];
  const said = { kind, words: words.trim(), ...(report?.ofMember && memberId !== '' ? { memberId } : {}) };
  const send = useSendOnce<Created, void>({
    about: `report ${teamId} ${JSON.stringify(said)}`,
    request: () => ({ path: `/v1/teams/${teamId}/incidents`, body: said }),
    stale: [keys.escalations, keys.me],
    onSuccess: () => setWords(''),
    repeatable: true,
  });
  if (report === undefined || teamId === undefined) return null;
  return (
    <Panel title="Report something">
      <form
        className={forms.form}
        onSubmit={(event) => {
          event.preventDefault();
          send.mutate();
        }}
      >
        <NativeSelect label="What is it?" description={report.lead} size="md" value={report.kind} onChange={({ currentTarget }) => setKind(reports.find((each) => each.kind === currentTarget.value)?.kind)} data={reports.map((each) => ({ value: each.kind, label: each.label }))} />
        <NativeSelect
          label="Which team?"
          size="md"
          value={teamId}
          onChange={({ currentTarget }) => {
            setTeamId(currentTarget.value);
            setMemberId('');
          }}
          data={teams.map(({ id, name }) => ({ value: id, label: inSight(name) }))}
        />
        {report.ofMember && <NativeSelect label="Whom of it?" size="md" value={memberId} onChange={({ currentTarget }) => setMemberId(currentTarget.value)} data={[{ value: '', label: 'The whole team' }, ...members.map(({ id, name }) => ({ value: id, label: inSight(name) }))]} />}
        <Textarea label="What happened?" description="It goes on the record." value={words} maxLength={2_000} autosize minRows={2} onChange={({ currentTarget }) => setWords(currentTarget.value)} />
        {send.error && (
          <p className={forms.error} role="alert">
            {failureWords(send.error)}
          </p>
        )}
        {send.isSuccess && words === '' && <p role="status">Reported. Whoever has to look at it is told.</p>}
        <Button type="submit" variant="light" loading={send.isPending} disabled={said.words === ''}>
          Report it
        </Button>
      </form>
    </Panel>
  );
}
