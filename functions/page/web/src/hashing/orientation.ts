/**
 * EXIF's orientation, as far as the decoding rule of docs/hashing.md wants it applied: in JPEG and PNG.
 *
 * Browsers disagree: all turn JPEGs, some turn PNGs, and none heeds `imageOrientation: "none"` for a file. So the metadata is cut
 * out before the browser sees the picture, and we turn it ourselves.
 */

import type { PictureFormat } from "./format.ts";
import { jpegSegments } from "./jpeg_segments.ts";

const TAG = 0x0112;
const VALUE_BYTES: Record<number, number> = { 3: 2, 4: 4 }; // SHORT and LONG

/** Where EXIF lies in a file: first and one past the last byte of its segment or chunk, and its own first byte. */
interface Span {
  start: number;
  end: number;
  body: number;
}

/**
 * Return a file as it is to be decoded, and the orientation, 1 to 8, to turn it by afterwards.
 *
 * AVIF and HEIF are turned by their decoders, WebP is shown as it is stored, GIF and BMP have none.
 * Missing and damaged metadata count as 1.
 */
export function withoutOrientation(
  file: Blob,
  bytes: Uint8Array,
  format: PictureFormat,
): { file: Blob; orientation: number } {
  const spans = format === "JPEG" ? [...exifOfJpeg(bytes)] : format === "PNG" ? [...exifOfPng(bytes)] : [];
  if (spans.length === 0) return { file, orientation: 1 };
  const parts: Blob[] = [];
  let kept = 0;
  for (const { start, end } of spans) {
    parts.push(file.slice(kept, start));
    kept = end;
  }
  parts.push(file.slice(kept));
  return { file: new Blob(parts), orientation: orientationOf(bytes.subarray(spans[0].body, spans[0].end)) };
}

function orientationOf(tiff: Uint8Array): number {
  try {
    return orientationInTiff(tiff);
  } catch (error) {
    if (error instanceof RangeError) return 1; // an address beyond the end
    throw error;
  }
}

function* exifOfJpeg(file: Uint8Array): Generator<Span> {
  for (const { marker, start, end } of jpegSegments(file)) {
    if (marker === 0xe1 && startsWith(file, start + 4, "Exif\0\0")) yield { start, end, body: start + 10 };
  }
}

function* exifOfPng(file: Uint8Array): Generator<Span> {
  const view = viewOf(file);
  for (let at = 8; at + 12 <= file.length; ) {
    const end = at + 12 + view.getUint32(at);
    if (startsWith(file, at + 4, "eXIf")) {
      const body = at + 8 + (startsWith(file, at + 8, "Exif\0\0") ? 6 : 0);
      yield { start: at, end, body };
    }
    at = end;
  }
}

function orientationInTiff(tiff: Uint8Array): number {
  const view = viewOf(tiff);
  const little = view.getUint16(0) === 0x4949;
  const directory = view.getUint32(4, little);
  const entries = view.getUint16(directory, little);
  for (let index = 0; index < entries; index++) {
    const at = directory + 2 + 12 * index;
    if (view.getUint16(at, little) !== TAG) continue;
    const bytes = VALUE_BYTES[view.getUint16(at + 2, little)];
    if (!bytes || view.getUint32(at + 4, little) !== 1) return 1;
    const value = bytes === 2 ? view.getUint16(at + 8, little) : view.getUint32(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  return [...text].every((letter, index) => bytes[at + index] === letter.charCodeAt(0));
}
