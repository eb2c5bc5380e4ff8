/** The frames of an animated picture that are hashed. */

export const MOST_FRAMES = 8;

/** Return the indices of the frames, evenly spaced, the first included. */
export function chosenFrames(count: number): number[] {
  const taken = Math.min(count, MOST_FRAMES);
  return Array.from({ length: taken }, (_, index) => Math.floor((index * count) / taken));
}
