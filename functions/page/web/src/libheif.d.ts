/** The part of libheif-js that we call; its own types describe another build. */
declare module "libheif-js/libheif-wasm/libheif.js" {
  export interface HeifImage {
    get_width(): number;
    get_height(): number;
    free(): void;
    display<T extends { data: Uint8ClampedArray }>(into: T, done: (shown: T | null) => void): void;
  }
  export interface Heif {
    HeifDecoder: new () => { decode(file: Uint8Array): HeifImage[] };
  }
  export default function libheif(options: object): Heif;
}
