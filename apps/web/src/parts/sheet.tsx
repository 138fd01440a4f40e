import '@mantine/core/styles/CloseButton.layer.css';
import '@mantine/core/styles/Overlay.layer.css';
import '@mantine/core/styles/Paper.layer.css';
import '@mantine/core/styles/ModalBase.layer.css';
import '@mantine/core/styles/Modal.layer.css';
import '@mantine/core/styles/Drawer.layer.css';
import '@mantine/core/styles/Input.layer.css';
import { Drawer, Modal } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
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

/** From the bottom edge on phones, in the middle on desktops; keeps the focus, closes with Escape, and gives the focus back. */
export function Sheet({ opened, onClose, title, desktop, children }: SheetProps) {
  useFocusBack(opened);
  return desktop ? (
    <Modal opened={opened} onClose={onClose} title={title} radius="lg" classNames={{ title: styles.title }}>
      {children}
    </Modal>
  ) : (
    <Drawer opened={opened} onClose={onClose} title={title} position="bottom" size="auto" radius="lg" classNames={{ title: styles.title, content: styles.content, body: styles.body }}>
      {children}
    </Drawer>
  );
}
