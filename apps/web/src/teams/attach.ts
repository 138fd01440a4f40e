import { ATTACHMENT_LIMITS, ATTACHMENT_NAME, imageSize, refusesFiles, type AttachedFile } from '@countersign/contracts/attachments';
import { lastOf } from '@countersign/contracts/characters';

/** A file as it will be sent. */
export interface Picked extends AttachedFile {
  readonly name: string;
  readonly sha256: string;
  readonly content: Uint8Array<ArrayBuffer>;
}

/** An image that is larger than may be sent is made smaller here, unless it is too large even to be opened. */
export async function attachable(file: File): Promise<Picked> {
  let content = new Uint8Array(await file.arrayBuffer());
  const size = imageSize(content);
  const large = size !== undefined && (Math.max(size.width, size.height) > ATTACHMENT_LIMITS.longEdge || content.length > ATTACHMENT_LIMITS.imageBytes);
  let { name } = file;
  if (large && size.width * size.height <= ATTACHMENT_LIMITS.pixels) {
    content = await reduced(new Blob([content]), ATTACHMENT_LIMITS.longEdge / Math.max(size.width, size.height));
    name = `${name.replace(/\.[^.]*$/, '')}.jpg`;
  }
  const sha256 = [...new Uint8Array(await crypto.subtle.digest('SHA-256', content))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return { name: lastOf(name.replaceAll(/[/\\:*?"<>|\p{C}]/gu, '_'), 200), sha256, content, bytes: content.length, image: imageSize(content) };
}

const QUALITIES = [0.9, 0.75, 0.6, 0.45];

async function reduced(image: Blob, scale: number): Promise<Uint8Array<ArrayBuffer>> {
  const bitmap = await createImageBitmap(image);
  const factor = Math.min(1, scale);
  const canvas = new OffscreenCanvas(Math.max(1, Math.floor(bitmap.width * factor)), Math.max(1, Math.floor(bitmap.height * factor)));
  const context = canvas.getContext('2d')!;
  context.fillStyle = 'white'; // what was transparent is not black then
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  let bytes = new Uint8Array<ArrayBuffer>(new ArrayBuffer(0));
  for (const quality of QUALITIES) {
    bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg', quality })).arrayBuffer());
    if (bytes.length <= ATTACHMENT_LIMITS.imageBytes) break;
  }
  return bytes;
}

/** Why these cannot go together, in words. */
export function refusesPicked(files: readonly Picked[]): string | undefined {
  const nameless = files.find(({ name }) => !ATTACHMENT_NAME.test(name));
  return nameless ? `${nameless.name || 'A file'} has a name that no file may have.` : refusesFiles(files)?.message;
}
