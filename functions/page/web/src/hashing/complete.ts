/**
 * Whether a picture's file was cut off. Chromium refuses such files, as the server does; Firefox shows what there is, of which the
 * hash would find nothing.
 */

import type { PictureFormat } from "./format.ts";
import { jpegSegments } from "./jpeg_segments.ts";

/** Return false for a file that ends before its picture does. Of formats that are not looked into, the decoder knows. */
export function isComplete(file: Uint8Array, format: PictureFormat): boolean {
  switch (format) {
    case "JPEG":
      return endOfJpeg(file);
    case "PNG":
      return endOfPng(file);
    case "WEBP":
      return viewOf(file).getUint32(4, true) + 8 <= file.length; // the RIFF chunk's own size
    default:
      return true;
  }
}

/** The marker FF D9 after the first scan begins: within scans such bytes do not occur. */
function endOfJpeg(file: Uint8Array): boolean {
  let begin = 2;
  for (const { end } of jpegSegments(file)) begin = end;
  for (let at = file.indexOf(0xff, begin); at >= 0; at = file.indexOf(0xff, at + 1)) {
    if (file[at + 1] === 0xd9) return true;
  }
  return false;
}

const IEND = 0x49454e44;
const CHUNK = 12; // bytes beside the body: length, name, checksum

function endOfPng(file: Uint8Array): boolean {
  const view = viewOf(file);
  for (let at = 8; at + CHUNK <= file.length; at += CHUNK + view.getUint32(at)) {
    if (view.getUint32(at + 4) === IEND) return true;
  }
  return false;
}

function viewOf(file: Uint8Array): DataView {
  return new DataView(file.buffer, file.byteOffset, file.byteLength);
}
