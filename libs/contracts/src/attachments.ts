/** What may go with a person's message, written once: for the page that picks it, the gateway that takes it and the manager's service that sends it. */

const MIB = 1024 * 1024;
export const ATTACHMENT_LIMITS = {
  files: 5,
  fileBytes: 10 * MIB,
  totalBytes: 20 * MIB,
  /** An image as it is sent; the page makes larger ones smaller before. */
  imageBytes: 1.5 * MIB,
  imagesBytes: 4 * MIB,
  /** A message that brings its files in its own body, all of it. */
  payloadBytes: 7.5 * MIB,
  /** More is not even decoded to make it smaller. */
  pixels: 24_000_000,
  longEdge: 2000,
} as const;

export interface ImageSize {
  readonly mediaType: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp';
  readonly width: number;
  readonly height: number;
}
export interface AttachedFile {
  readonly bytes: number;
  readonly image?: Pick<ImageSize, 'width' | 'height'> | undefined;
}
export interface AttachmentRefusal {
  readonly code: 'attachment_too_large' | 'image_too_many_pixels' | 'image_not_reduced' | 'attachments_too_many' | 'attachments_too_large';
  readonly message: string;
}
const no = (code: AttachmentRefusal['code'], message: string): AttachmentRefusal => ({ code, message });

/** Why one file is not taken, alone. */
export function refusesFile({ bytes, image }: AttachedFile): AttachmentRefusal | undefined {
  const most = ATTACHMENT_LIMITS;
  if (bytes > most.fileBytes) return no('attachment_too_large', 'A file has 10 MB at most.');
  if (!image) return undefined;
  if (image.width * image.height > most.pixels) return no('image_too_many_pixels', 'An image has 24 megapixels at most.');
  if (Math.max(image.width, image.height) > most.longEdge || bytes > most.imageBytes) return no('image_not_reduced', 'An image is sent with at most 2000 pixels along its longer edge and 1.5 MB; make it smaller.');
  return undefined;
}

/** Why these do not go with one message; each is taken alone. */
export function refusesFiles(files: readonly AttachedFile[]): AttachmentRefusal | undefined {
  const most = ATTACHMENT_LIMITS;
  const sum = (some: readonly AttachedFile[]): number => some.reduce((total, { bytes }) => total + bytes, 0);
  if (files.length > most.files) return no('attachments_too_many', 'A message has 5 files at most.');
  for (const file of files) {
    const refused = refusesFile(file);
    if (refused) return refused;
  }
  if (sum(files) > most.totalBytes) return no('attachments_too_large', 'The files of a message have 20 MB at most.');
  if (sum(files.filter(({ image }) => image)) > most.imagesBytes) return no('attachments_too_large', 'The images of a message have 4 MB at most.');
  return undefined;
}

/** A name that is one folder's entry on every system, and looks like what it is. */
export const ATTACHMENT_NAME = /^(?!\.{1,2}$)[^/\\:*?"<>|\p{C}]{1,200}$/u;

/** What an image says of itself; undefined for what is none that is known. It is read, not decoded. */
export function imageSize(bytes: Uint8Array): ImageSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = (offset: number, text: string): boolean => [...text].every((sign, index) => bytes[offset + index] === sign.charCodeAt(0));
  if (bytes.length >= 24 && at(0, '\x89PNG\r\n\x1a\n') && at(12, 'IHDR')) return { mediaType: 'image/png', width: view.getUint32(16), height: view.getUint32(20) };
  if (bytes.length >= 10 && (at(0, 'GIF87a') || at(0, 'GIF89a'))) return { mediaType: 'image/gif', width: view.getUint16(6, true), height: view.getUint16(8, true) };
  if (bytes.length >= 30 && at(0, 'RIFF') && at(8, 'WEBP')) return webp(view, at);
  if (bytes.length >= 4 && bytes[0] === 0xff && bytes[1] === 0xd8) return jpeg(bytes, view);
  return undefined;
}

function webp(view: DataView, at: (offset: number, text: string) => boolean): ImageSize | undefined {
  const sized = (width: number, height: number): ImageSize => ({ mediaType: 'image/webp', width, height });
  if (at(12, 'VP8X')) return sized((view.getUint32(24, true) & 0xff_ff_ff) + 1, (view.getUint32(26, true) >>> 8) + 1);
  if (at(12, 'VP8L')) return sized((view.getUint32(21, true) & 0x3fff) + 1, ((view.getUint32(21, true) >>> 14) & 0x3fff) + 1);
  return at(12, 'VP8 ') ? sized(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff) : undefined;
}

function jpeg(bytes: Uint8Array, view: DataView): ImageSize | undefined {
  for (let offset = 2; offset + 9 < bytes.length; ) {
    if (bytes[offset] !== 0xff) return undefined;
    const marker = bytes[offset + 1]!;
    const startsFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (startsFrame) return { mediaType: 'image/jpeg', width: view.getUint16(offset + 7), height: view.getUint16(offset + 5) };
    offset += marker === 0xff ? 1 : 2 + (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd9) ? 0 : view.getUint16(offset + 2));
  }
  return undefined;
}
