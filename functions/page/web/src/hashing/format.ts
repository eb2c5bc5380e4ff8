/** Which format a file is in, by its first bytes: the first point of the decoding rule in docs/hashing.md. */

export type PictureFormat = "JPEG" | "PNG" | "GIF" | "BMP" | "TIFF" | "WEBP" | "AVIF" | "HEIF";

/** How many of a file's first bytes tell its format. */
export const HEAD_BYTES = 64;

export const MEDIA_TYPES: Record<PictureFormat, string> = {
  JPEG: "image/jpeg",
  PNG: "image/png",
  GIF: "image/gif",
  BMP: "image/bmp",
  TIFF: "image/tiff",
  WEBP: "image/webp",
  AVIF: "image/avif",
  HEIF: "image/heic",
};

const MAGIC: [string, PictureFormat][] = [
  ["\xff\xd8\xff", "JPEG"],
  ["\x89PNG\r\n\x1a\n", "PNG"],
  ["GIF87a", "GIF"],
  ["GIF89a", "GIF"],
  ["BM", "BMP"],
  ["II*\0", "TIFF"],
  ["MM\0*", "TIFF"],
  ["II+\0", "TIFF"],
  ["MM\0+", "TIFF"],
];

const VIDEO_MAGIC = ["\x1aE\xdf\xa3", "\0\0\x01\xba", "\0\0\x01\xb3", "FLV\x01", "\x30\x26\xb2\x75", "OggS"];
/** The first box of MP4 and QuickTime files, old ones too. */
const VIDEO_BOXES = new Set(["ftyp", "moov", "mdat", "wide", "free", "skip"]);

const AVIF = new Set(["avif", "avis"]);
const HEIF = new Set(
  ["heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1", "mif2", "miaf"],
);
const GENERIC = new Set(["mif1", "msf1", "miaf"]);

/** Return the picture format of a file's first bytes, null if it is none. */
export function pictureFormat(head: Uint8Array): PictureFormat | null {
  const text = latin1(head);
  for (const [magic, format] of MAGIC) if (text.startsWith(magic)) return format;
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return "WEBP";
  return text.slice(4, 8) === "ftyp" ? formatOfBrands(head, text) : null;
}

/** Return whether a file that is no picture is a video, by its first bytes or by what the browser says. */
export function isVideo(head: Uint8Array, declaredType: string): boolean {
  const text = latin1(head);
  if (declaredType.startsWith("video/")) return true;
  if (text.startsWith("RIFF") && text.slice(8, 12) === "AVI ") return true;
  return VIDEO_MAGIC.some((magic) => text.startsWith(magic)) || VIDEO_BOXES.has(text.slice(4, 8));
}

/** An ISO base media file: its major brand, else a compatible one, decides. */
function formatOfBrands(head: Uint8Array, text: string): PictureFormat | null {
  const end = Math.min(new DataView(head.buffer, head.byteOffset).getUint32(0), head.length);
  const brands = [text.slice(8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(text.slice(at, at + 4));
  if (AVIF.has(brands[0])) return "AVIF";
  if (!HEIF.has(brands[0])) return null;
  return GENERIC.has(brands[0]) && brands.some((brand) => AVIF.has(brand)) ? "AVIF" : "HEIF";
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, HEAD_BYTES));
}
