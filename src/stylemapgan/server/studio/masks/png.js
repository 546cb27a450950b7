/** Masks as grey PNG pictures: written by hand (uncompressed), read by the browser. */

/** @import { Mask } from "../core/types.js" */

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const LARGEST_BLOCK = 65535; // bytes in one stored block of the deflate format

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, start) => {
  let value = start;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** @param {Uint8Array} bytes */
function adler32(bytes) {
  let low = 1;
  let high = 0;
  for (const byte of bytes) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  return ((high << 16) | low) >>> 0;
}

/** @param {number} value */
const bigEndian = (value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

/** @param {(Uint8Array | number[])[]} pieces */
function join(...pieces) {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let end = 0;
  for (const piece of pieces) {
    bytes.set(piece, end);
    end += piece.length;
  }
  return bytes;
}

/** @param {string} name @param {number[] | Uint8Array} content */
function chunk(name, content) {
  const body = join(new TextEncoder().encode(name), content);
  return join(bigEndian(content.length), body, bigEndian(crc32(body)));
}

/** Wraps bytes as a zlib stream without compressing them. @param {Uint8Array} bytes */
function store(bytes) {
  /** @type {(Uint8Array | number[])[]} */
  const stream = [[0x78, 0x01]];
  for (let start = 0; start < bytes.length; start += LARGEST_BLOCK) {
    const block = bytes.subarray(start, start + LARGEST_BLOCK);
    const isLast = start + LARGEST_BLOCK >= bytes.length ? 1 : 0;
    const length = block.length;
    stream.push([isLast, length & 255, length >>> 8, ~length & 255, (~length >>> 8) & 255], block);
  }
  return join(...stream, bigEndian(adler32(bytes)));
}

/** A mask as the base64 text of a grey PNG. @param {Mask} mask */
export function encodeGrey(mask) {
  const size = Math.sqrt(mask.length);
  const rows = new Uint8Array(size * (size + 1)); // each row starts with its filter: none
  for (let y = 0; y < size; y += 1) {
    rows.set(mask.subarray(y * size, (y + 1) * size), y * (size + 1) + 1);
  }
  const header = [...bigEndian(size), ...bigEndian(size), 8, 0, 0, 0, 0];
  const bytes = join(
    SIGNATURE,
    chunk("IHDR", header),
    chunk("IDAT", store(rows)),
    chunk("IEND", []),
  );
  return toBase64(bytes);
}

/** @param {Uint8Array} bytes */
export function toBase64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Reads a picture's red channel as a mask. @param {string} address a data: address */
export async function decodeGrey(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const { naturalWidth: width, naturalHeight: height } = image;
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const mask = new Uint8Array(width * height);
  for (let index = 0; index < mask.length; index += 1) mask[index] = data[4 * index];
  return mask;
}
