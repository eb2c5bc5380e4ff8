/** The segments of a JPEG that come before its pixels. */

/** A segment: its marker, first and one past the last byte, the two bytes of the marker included. */
export interface Segment {
  marker: number;
  start: number;
  end: number;
}

const FILL = 0xff;
const PIXELS_BEGIN = 0xda;
const PICTURE_ENDS = 0xd9;

/** Yield the segments, as far as they make sense; the last may end beyond the file. */
export function* jpegSegments(file: Uint8Array): Generator<Segment> {
  for (let start = 2; start + 4 <= file.length && file[start] === 0xff; ) {
    const marker = file[start + 1];
    if (marker === FILL) {
      start += 1;
      continue;
    }
    if (marker === PIXELS_BEGIN || marker === PICTURE_ENDS) return;
    const end = start + 2 + ((file[start + 2] << 8) | file[start + 3]);
    yield { marker, start, end };
    start = end;
  }
}
