import type { ApprovalArtifact } from '@countersign/contracts';
import { isPicture, sizeWords } from '@countersign/view';
import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useEffect, useState, type ReactNode } from 'react';
import styles from './file-change.module.css';

interface AsItIsProps {
  readonly artifact: ApprovalArtifact;
  /** As they were hashed here; undefined where the file goes. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  /** It was opened elsewhere. */
  readonly onOpened: () => void;
  /** Stands below a picture once that is drawn. */
  readonly end: ReactNode;
}

/** What is no text: a picture as a picture, everything else to be saved and opened; from the bytes that were hashed here, and from nowhere else. */
export function AsItIs({ artifact: { path, mediaType, size, sha256 }, bytes, onOpened, end }: AsItIsProps) {
  const url = useUrl(bytes, mediaType);
  const [picture, setPicture] = useState<'awaited' | 'drawn' | 'broken'>('awaited');
  const isShown = url !== undefined && isPicture(mediaType) && picture !== 'broken';
  return (
    <>
      {isShown && <img className={styles.picture} src={url} alt={`${path}, as it will be`} onLoad={() => setPicture('drawn')} onError={() => setPicture('broken')} />}
      {picture === 'drawn' && end}
      <p className={styles.note}>
        {isShown ? 'A picture' : 'Not a text'}: {sizeWords(size)}, SHA-256 <span className="mono">{sha256.slice(0, 16)}…</span>
      </p>
      {url !== undefined && (
        <p className={styles.note}>
          <Button component="a" href={url} download={path.slice(path.lastIndexOf('/') + 1)} variant="default" leftSection={<IconDownload size={18} aria-hidden="true" />} onClick={onOpened}>
            Save it to open it
          </Button>
        </p>
      )}
    </>
  );
}

/** An address inside this page for bytes that are here; it ends with what shows them. */
function useUrl(bytes: Uint8Array<ArrayBuffer> | undefined, mediaType: string): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (bytes === undefined) return undefined;
    // Only what is a picture says so: no browser is to draw anything else of it in our name.
    const made = URL.createObjectURL(new Blob([bytes], { type: isPicture(mediaType) || mediaType === 'application/pdf' ? mediaType : 'application/octet-stream' }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes, mediaType]);
  return url;
}
