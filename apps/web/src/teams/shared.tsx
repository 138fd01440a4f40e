import '@mantine/core/styles/Input.layer.css';
import type { ContextDetail, ContextSummary, ContextVersionDetail, ContextVersionView, SharedReach, TeamDetail } from '@countersign/contracts';
import { Button, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiProblem, getJson, putJson, remove } from '../api/http.js';
import { keys, sharedQuery, workspaceQuery } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { failureWords } from '../approval/failure-words.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Sheet } from '../parts/sheet.js';
import { Bones, Loaded } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import { useMe } from '../shell/session.js';
import forms from '../parts/form.module.css';
import lists from '../parts/list.module.css';
import styles from './members.module.css';

interface SharedProps {
  readonly team: TeamDetail;
  readonly desktop: boolean;
}
const MOST = 40_000;
/** What members do not get of it with their work. */
const REACH: Readonly<Record<SharedReach, string>> = { whole: '', cut: ' · members get only its first 10,000 characters', none: ' · members do not get it: erased, or older than the 20 newest' };

/** What the team has in common beside files; its members get it with their work. */
export function Shared({ team, desktop }: SharedProps) {
  const query = useQuery(workspaceQuery(team.id));
  const [opened, setOpened] = useState<ContextSummary>();
  const [adding, setAdding] = useState(false);
  const { roles } = useMe();
  const writes = team.state === 'active' && roles.includes('customer_governor');
  return (
    <Panel title="Shared">
      <Loaded query={query} what="shared texts" skeleton={<Bones widths={[60, 70]} />}>
        {({ items, exceededAt }) => (
          <>
            {exceededAt !== null && <p role="status">The team keeps more than 1 GiB in all.</p>}
            {items.length === 0 && <p className="soft">Nothing is shared yet. Members get what stands here with their work.</p>}
            <ul className={lists.rows}>
              {items.map((item) => (
                <li key={item.id} className={styles.message}>
                  <Button size="compact-md" variant="subtle" className={styles.log} onClick={() => setOpened(item)}>
                    <Revealed text={item.name || 'A shared text'} />
                  </Button>
                  <span className="soft small">
                    version {item.version} · {item.visibility === 'team' ? 'for everybody' : 'for one task'} · <Ago at={item.at} />
                    {REACH[item.reaches]}
                  </span>
                </li>
              ))}
            </ul>
          </>
        )}
      </Loaded>
      {writes && (
        <Button variant="default" onClick={() => setAdding(true)}>
          Share something
        </Button>
      )}
      <Sheet opened={adding} onClose={() => setAdding(false)} title="Share something" desktop={desktop}>
        <Add teamId={team.id} onDone={() => setAdding(false)} />
      </Sheet>
      <Sheet opened={opened !== undefined} onClose={() => setOpened(undefined)} title={opened?.name || 'A shared text'} desktop={desktop}>
        {opened && <Open teamId={team.id} contextId={opened.id} writes={writes} erases={roles.includes('customer_governor')} />}
      </Sheet>
    </Panel>
  );
}

function Add({ teamId, onDone }: { readonly teamId: string; readonly onDone: () => void }) {
  const [name, setName] = useState('');
  const [content, setContent] = useState('');
  const add = useSendOnce<unknown, { readonly name: string; readonly content: string }>({ about: `share ${teamId}`, request: (body) => ({ path: `/v1/teams/${teamId}/workspace`, body }), stale: [keys.workspace(teamId)], onSuccess: onDone, repeatable: true });
  return (
    <form
      className={forms.form}
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate({ name: name.trim(), content });
      }}
    >
      <TextInput label="Name" value={name} maxLength={200} onChange={({ currentTarget }) => setName(currentTarget.value)} data-autofocus />
      <Textarea label="Text" value={content} maxLength={MOST} autosize minRows={4} maxRows={16} onChange={({ currentTarget }) => setContent(currentTarget.value)} />
      <Failed error={add.error} />
      <Button type="submit" size="lg" loading={add.isPending} disabled={name.trim() === ''}>
        Share
      </Button>
    </form>
  );
}

function Open({ teamId, contextId, writes, erases }: { readonly teamId: string; readonly contextId: string; readonly writes: boolean; readonly erases: boolean }) {
  const query = useQuery(sharedQuery(teamId, contextId));
  return (
    <Loaded query={query} what="text" skeleton={<Bones widths={[80, 90, 60]} />}>
      {(shared) => (
        <div className={styles.messages}>
          {writes ? <Edit key={contextId} teamId={teamId} shared={shared} /> : <p className={styles.lines}><Revealed text={shared.content ?? 'Erased.'} /></p>}
          <ul className={lists.rows}>
            {shared.versions.map((version) => (
              <Version key={version.version} teamId={teamId} contextId={contextId} version={version} erases={erases} />
            ))}
          </ul>
        </div>
      )}
    </Loaded>
  );
}

/** Who wrote it and from what; its text, and its end, where they are asked for. */
function Version({ teamId, contextId, version: { version, writer, by, expected, at, overwrote, erasedAt }, erases }: { readonly teamId: string; readonly contextId: string; readonly version: ContextVersionView; readonly erases: boolean }) {
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [sure, setSure] = useState(false);
  const path = `/v1/teams/${teamId}/workspace/${contextId}/versions/${version}`;
  const text = useQuery({ queryKey: [...keys.workspace(teamId), contextId, version], queryFn: ({ signal }) => getJson<ContextVersionDetail>(path, signal), enabled: open });
  const erase = useMutation({ mutationFn: () => remove(path), onSuccess: () => setSure(false), onSettled: () => client.invalidateQueries({ queryKey: keys.workspace(teamId) }) });
  return (
    <li className={styles.message}>
      <span className="soft small">
        Version {version} by <Revealed text={writer || 'somebody'} />
        {by === 'manager' && ', from the result of a task'}
        {expected > 0 && `, from version ${expected}`}, <Ago at={at} />
        {overwrote && ', over one that they had not seen'}
        {erasedAt !== null && ', erased'}
      </span>
      {erasedAt === null && (
        <div className={styles.buttons}>
          <Button size="compact-md" variant="subtle" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? `Hide version ${version}` : `Show version ${version}`}
          </Button>
          {erases && !sure && (
            <Button size="compact-md" variant="subtle" color="red" onClick={() => setSure(true)}>
              Erase version {version}
            </Button>
          )}
        </div>
      )}
      {sure && (
        <div className={styles.buttons}>
          <p role="alert">Its text is gone for good, for members too; that it was there, and its hash, stay on the record.</p>
          <Button size="lg" color="red" loading={erase.isPending} onClick={() => erase.mutate()}>
            Erase for good
          </Button>
          <Button size="lg" variant="default" onClick={() => setSure(false)}>
            Keep it
          </Button>
        </div>
      )}
      <Failed error={erase.error} />
      {open && (
        <Loaded query={text} what="text" skeleton={<Bones widths={[80]} />}>
          {({ content }) => <p className={styles.lines}><Revealed text={content ?? 'Erased.'} /></p>}
        </Loaded>
      )}
    </li>
  );
}

interface Writing {
  readonly content: string;
  readonly from: number;
  readonly overwrite: boolean;
}

/** Changes the version that it was opened with. Where somebody was quicker both stand here, and neither is lost. */
function Edit({ teamId, shared }: { readonly teamId: string; readonly shared: ContextDetail }) {
  const client = useQueryClient();
  const [from, setFrom] = useState(shared.version);
  const [content, setContent] = useState(shared.content ?? '');
  const write = useMutation<ContextDetail, Error, Writing>({
    mutationFn: ({ content: text, from: seen, overwrite }) => putJson(`/v1/teams/${teamId}/workspace/${shared.id}${overwrite ? '?overwrite=true' : ''}`, { content: text }, `"${seen}"`),
    onSuccess: ({ version }) => setFrom(version),
    onSettled: () => client.invalidateQueries({ queryKey: keys.workspace(teamId) }),
  });
  const theirs = write.error instanceof ApiProblem && write.error.code === 'stale_version' ? (write.error.details['current'] as ContextDetail | undefined) : undefined;
  return (
    <form
      className={forms.form}
      onSubmit={(event) => {
        event.preventDefault();
        write.mutate({ content, from, overwrite: false });
      }}
    >
      <Textarea label={theirs ? 'Yours' : 'Text'} value={content} maxLength={MOST} autosize minRows={4} maxRows={16} onChange={({ currentTarget }) => setContent(currentTarget.value)} />
      {theirs ? (
        <>
          <p role="alert">Somebody wrote version {theirs.version} in the meantime. Both stand here; nothing is lost.</p>
          <Textarea label={`Theirs, version ${theirs.version}`} value={theirs.content ?? ''} readOnly autosize minRows={4} maxRows={16} />
          <div className={styles.buttons}>
            <Button
              size="lg"
              variant="default"
              onClick={() => {
                setContent(theirs.content ?? '');
                setFrom(theirs.version);
                write.reset();
              }}
            >
              Take theirs
            </Button>
            <Button size="lg" color="red" loading={write.isPending} onClick={() => write.mutate({ content, from, overwrite: true })}>
              Write mine over it
            </Button>
          </div>
        </>
      ) : (
        <>
          <Failed error={write.error} />
          <Button type="submit" size="lg" loading={write.isPending} disabled={content === shared.content}>
            Save
          </Button>
        </>
      )}
    </form>
  );
}

const Failed = ({ error }: { readonly error: Error | null }) =>
  error && (
    <p className={forms.error} role="alert">
      {failureWords(error)}
    </p>
  );
