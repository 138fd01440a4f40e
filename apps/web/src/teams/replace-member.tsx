import type { Created, MemberLive } from '@countersign/contracts';
import { Button, Textarea } from '@mantine/core';
import { keys } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { failureWords } from '../approval/failure-words.js';
import { useDraft } from '../approval/use-draft.js';
import { Revealed } from '../parts/revealed.js';
import forms from '../parts/form.module.css';

interface ReplaceMemberProps {
  readonly teamId: string;
  readonly member: MemberLive;
  readonly onDone: () => void;
}

/** Genesis gives a member's place to a fresh one, where a governor has asked for it; whether one has, the server knows and says. */
export function ReplaceMember({ teamId, member: { id, name }, onDone }: ReplaceMemberProps) {
  const { text: reason, type, notKept } = useDraft(`replace ${id}`, 'message');
  const replace = useSendOnce<Created, string>({
    about: `replace ${id}`,
    request: (why) => ({ path: `/v1/teams/${teamId}/members/${id}/replace`, body: why === '' ? {} : { reason: why } }),
    stale: [keys.members(teamId), keys.team(teamId), keys.escalations],
    onSuccess: () => {
      type('');
      onDone();
    },
  });
  return (
    <form
      className={forms.form}
      onSubmit={(event) => {
        event.preventDefault();
        replace.mutate(reason.trim());
      }}
    >
      <p><Revealed text={`${name} works no more, and what it has in hand is handed on. A fresh member takes its place, with the same skill and the same rights; what was measured of ${name} does not count for it.`} /> This cannot be taken back.</p>
      <p className="soft">A governor has to have asked for it, and whoever asked does not carry it out. The request is resolved with it.</p>
      <Textarea label="Why?" description="Optional. It goes on the record." value={reason} maxLength={500} autosize minRows={2} onChange={({ currentTarget }) => type(currentTarget.value)} error={notKept} />
      {replace.error && (
        <p className={forms.error} role="alert">
          {failureWords(replace.error)}
        </p>
      )}
      <Button type="submit" size="lg" color="red" loading={replace.isPending} disabled={replace.isSuccess}>
        Replace it
      </Button>
    </form>
  );
}
