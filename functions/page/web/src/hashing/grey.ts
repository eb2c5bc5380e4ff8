/** Grey pictures: one byte a pixel, row by row. What every hash is computed from. */

export interface Grey {
  width: number;
  height: number;
  data: Uint8Array;
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export function newGrey(width: number, height: number): Grey {
  return { width, height, data: new Uint8Array(width * height) };
}

/** Return the part of a picture within a box, in whole pixels, its right and bottom exclusive. */
export function crop(grey: Grey, { left, top, right, bottom }: Box): Grey {
  const part = newGrey(right - left, bottom - top);
  for (let row = 0; row < part.height; row++) {
    const from = (top + row) * grey.width + left;
    part.data.set(grey.data.subarray(from, from + part.width), row * part.width);
  }
  return part;
}

/**
 * Return the picture with squares of `across` x `down` pixels averaged; what is over at the right and bottom edges is averaged
 * too. Equal to Pillow's `Image.reduce`, rounding included.
 */
export function reduce(grey: Grey, across: number, down: number = across): Grey {
  const small = newGrey(Math.ceil(grey.width / across), Math.ceil(grey.height / down));
  for (let row = 0; row < small.height; row++) {
    const top = row * down;
    const tall = Math.min(down, grey.height - top);
    for (let column = 0; column < small.width; column++) {
      const left = column * across;
      const wide = Math.min(across, grey.width - left);
      let sum = 0;
      for (let y = top; y < top + tall; y++) {
        const line = y * grey.width + left;
        for (let x = line; x < line + wide; x++) sum += grey.data[x];
      }
      small.data[row * small.width + column] = mean(sum, wide * tall);
    }
  }
  return small;
}

/** Pillow's fixed-point division (Reduce.c): the mean of `count` bytes, rounded. */
function mean(sum: number, count: number): number {
  const multiplier = Math.floor(2 ** 32 / (256 * count));
  return Math.floor(((sum + (count >> 1)) * multiplier) / 2 ** 24);
}

/** Return the picture turned upright, by an EXIF orientation, 1 to 8. */
export function upright(grey: Grey, orientation: number): Grey {
  if (orientation === 1) return grey;
  const { width, height, data } = grey;
  const turned = orientation >= 5 ? newGrey(height, width) : newGrey(width, height);
  const [start, across, down] = strides(orientation, width, height);
  for (let y = 0, to = 0; y < turned.height; y++) {
    for (let x = 0, from = start + y * down; x < turned.width; x++, from += across) turned.data[to++] = data[from];
  }
  return turned;
}

/** Where the first pixel of the turned picture comes from, and how far it is from there to the next one and the next row. */
function strides(orientation: number, width: number, height: number): [number, number, number] {
  const lastColumn = width - 1;
  const lastRow = (height - 1) * width;
  switch (orientation) {
    case 2:
      return [lastColumn, -1, width];
    case 3:
      return [lastRow + lastColumn, -1, -width];
    case 4:
      return [lastRow, 1, -width];
    case 5:
      return [0, width, 1];
    case 6:
      return [lastRow, -width, 1];
    case 7:
      return [lastRow + lastColumn, -width, -1];
    case 8:
      return [lastColumn, width, -1];
    default:
      throw new RangeError("Orientations are 1 to 8.");
  }
}
