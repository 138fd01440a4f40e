import '@mantine/core/styles/CloseButton.layer.css';
import '@mantine/core/styles/Overlay.layer.css';
import '@mantine/core/styles/Paper.layer.css';
import '@mantine/core/styles/ModalBase.layer.css';
import '@mantine/core/styles/Modal.layer.css';
import '@mantine/core/styles/Drawer.layer.css';
import '@mantine/core/styles/Input.layer.css';
import { Drawer, Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import styles from './sheet.module.css';

interface SheetProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly desktop: boolean;
  readonly children: ReactNode;
}

/** From the bottom edge on phones, in the middle on desktops; keeps the focus, closes with Escape. */
export const Sheet = ({ opened, onClose, title, desktop, children }: SheetProps) =>
  desktop ? (
    <Modal opened={opened} onClose={onClose} title={title} radius="lg" classNames={{ title: styles.title }}>
      {children}
    </Modal>
  ) : (
    <Drawer opened={opened} onClose={onClose} title={title} position="bottom" size="auto" radius="lg" classNames={{ title: styles.title, content: styles.content, body: styles.body }}>
      {children}
    </Drawer>
  );
