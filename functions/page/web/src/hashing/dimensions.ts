/**
 * How many pixels a picture has, by its header alone: what is too large is refused before a decoder sees it, which on a phone would
 * end the tab. The limit is the server's (docs/hashing.md, section 6).
 */

import type { PictureFormat } from "./format.ts";
import { jpegSegments } from "./jpeg_segments.ts";

export const MOST_PIXELS = 100_000_000;

/** Return the pixels of a picture, 0 where the header does not tell: its decoder will. */
export function pixelsOf(file: Uint8Array, format: PictureFormat): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  try {
    return HEADERS[format](view, file);
  } catch (error) {
    if (error instanceof RangeError) return 0; // the file ends within its header
    throw error;
  }
}

// Names of chunks and boxes, as numbers
const IHDR = 0x49484452;
const VP8X = 0x56503858;
const VP8L = 0x5650384c;
const META = 0x6d657461;
const ISPE = 0x69737065;
const BOX_HEADER = 8; // bytes

const HEADERS: Record<PictureFormat, (view: DataView, file: Uint8Array) => number> = {
  JPEG: ofJpeg,
  PNG: (view) => (view.getUint32(12) === IHDR ? view.getUint32(16) * view.getUint32(20) : 0),
  GIF: (view) => view.getUint16(6, true) * view.getUint16(8, true),
  BMP: ofBmp,
  WEBP: ofWebp,
  AVIF: ofIsoMedia,
  HEIF: ofIsoMedia,
  TIFF: () => 0, // Safari alone opens it
};

/** Markers C4, C8 and CC are no frame headers. */
const NO_FRAME = new Set([0xc4, 0xc8, 0xcc]);

function ofJpeg(view: DataView, file: Uint8Array): number {
  for (const { marker, start } of jpegSegments(file)) {
    if (marker < 0xc0 || marker > 0xcf || NO_FRAME.has(marker)) continue;
    return view.getUint16(start + 5) * view.getUint16(start + 7);
  }
  return 0;
}

function ofBmp(view: DataView): number {
  const OS2_HEADER = 12; // bytes
  if (view.getUint32(14, true) === OS2_HEADER) return view.getUint16(18, true) * view.getUint16(20, true);
  return Math.abs(view.getInt32(18, true) * view.getInt32(22, true)); // rows from above have a negative height
}

/** The canvas of the extended format, else the one frame, lossless or lossy. */
function ofWebp(view: DataView): number {
  const uint24 = (at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  switch (view.getUint32(12)) {
    case VP8X:
      return (uint24(24) + 1) * (uint24(27) + 1);
    case VP8L: {
      const sides = view.getUint32(21, true);
      return ((sides & 0x3fff) + 1) * (((sides >>> 14) & 0x3fff) + 1);
    }
    default:
      return (view.getUint16(26, true) & 0x3fff) * (view.getUint16(28, true) & 0x3fff);
  }
}

/** The largest of the sizes (`ispe` boxes) in the `meta` box: of a picture in tiles that of the whole. */
function ofIsoMedia(view: DataView): number {
  let most = 0;
  for (let at = 0; at + BOX_HEADER <= view.byteLength; ) {
    const size = view.getUint32(at);
    const end = Math.min(at + size, view.byteLength);
    if (view.getUint32(at + 4) === META) most = Math.max(most, largestSize(view, at, end));
    if (size < BOX_HEADER) break; // to the end of the file, or too large to be one of ours
    at += size;
  }
  return most;
}

function largestSize(view: DataView, start: number, end: number): number {
  let most = 0;
  for (let at = start; at + 16 <= end; at++) {
    if (view.getUint32(at) === ISPE) most = Math.max(most, view.getUint32(at + 8) * view.getUint32(at + 12));
  }
  return most;
}
