import '@mantine/core/styles/Input.layer.css';
import { Button, Textarea } from '@mantine/core';
import { IconSend2 } from '@tabler/icons-react';
import { useState } from 'react';
import styles from './composer.module.css';

/** Enter sends, Shift and Enter begin a new line. A person can be asked for at any time. */
export function Composer({ onSend, onPerson }: { onSend: (text: string) => void; onPerson: () => void }) {
  const [text, setText] = useState('');
  const send = (): void => {
    if (text.trim() === '') return;
    onSend(text.trim());
    setText('');
  };
  return (
    <div className={styles.composer}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Textarea
          aria-label="Your question"
          placeholder="Ask the helpdesk"
          value={text}
          minRows={1}
          maxRows={5}
          maxLength={2_000}
          className={styles.field}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <Button type="submit" className={styles.send} disabled={text.trim() === ''} aria-label="Send">
          <IconSend2 size={20} aria-hidden="true" />
        </Button>
      </form>
      <Button variant="subtle" onClick={onPerson} className={styles.person}>
        Ask for a person
      </Button>
    </div>
  );
}
