import '@mantine/core/styles/CloseButton.layer.css';
import '@mantine/core/styles/Overlay.layer.css';
import '@mantine/core/styles/Paper.layer.css';
import '@mantine/core/styles/ModalBase.layer.css';
import '@mantine/core/styles/Modal.layer.css';
import '@mantine/core/styles/Drawer.layer.css';
import '@mantine/core/styles/Input.layer.css';
import { Drawer, Modal } from '@mantine/core';
import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react';
import { Revealed } from './revealed.js';
import styles from './sheet.module.css';

interface SheetProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly desktop: boolean;
  readonly children: ReactNode;
}

/** Where the focus was before something that is open from its first moment on took it: back there it goes, as the library does for what is opened later. */
function useFocusBack(opened: boolean): void {
  const [from] = useState(() => (opened ? document.activeElement : null));
  useEffect(
    () => () => {
      if (from instanceof HTMLElement && from.isConnected) from.focus({ preventScroll: true });
    },
    [from],
  );
}

/** What comes in the place of what was pressed, under another title, takes the focus that would be lost with it. */
function useFocusOnward(title: string): RefObject<HTMLDivElement | null> {
  const body = useRef<HTMLDivElement>(null);
  const before = useRef(title);
  useEffect(() => {
    const inside = (selector: string) => body.current?.querySelector<HTMLElement>(selector);
    if (before.current !== title) (inside('[data-autofocus]') ?? inside('button:enabled, a, input, select'))?.focus();
    before.current = title;
  }, [title]);
  return body;
}

/** From the bottom edge on phones, in the middle on desktops; keeps the focus, closes with Escape, and gives the focus back. */
export function Sheet({ opened, onClose, title, desktop, children }: SheetProps) {
  useFocusBack(opened);
  const inside = <div ref={useFocusOnward(title)}>{children}</div>;
  return desktop ? (
    <Modal opened={opened} onClose={onClose} title={<Revealed text={title} />} radius="lg" classNames={{ title: styles.title }}>
      {inside}
    </Modal>
  ) : (
    <Drawer opened={opened} onClose={onClose} title={<Revealed text={title} />} position="bottom" size="auto" radius="lg" classNames={{ title: styles.title, content: styles.content, body: styles.body }}>
      {inside}
    </Drawer>
  );
}
