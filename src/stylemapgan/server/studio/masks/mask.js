/** Arithmetic of masks. Every function returns a new mask and leaves its arguments alone. */

/** @import { Box, Mask, Point } from "../core/types.js" */

/** @param {number} size @returns {Mask} */
export const emptyMask = (size) => new Uint8Array(size * size);

/** @param {Mask} mask */
export const sideOf = (mask) => Math.sqrt(mask.length);

/** Whether nothing is painted: a soft eraser leaves values of 1, which are invisible and which the
 * server rejects. @param {Mask} mask */
export const isEmpty = (mask) => mask.every((value) => value <= 1);

/** The smaller of two values never wins. @param {Mask} mask @param {Mask} other @returns {Mask} */
export const add = (mask, other) => mask.map((value, index) => Math.max(value, other[index]));

/** @param {Mask} mask @param {Mask} other @returns {Mask} */
export const subtract = (mask, other) =>
  mask.map((value, index) => Math.min(value, 255 - other[index]));

/** @param {Mask} mask @param {Mask} other @param {boolean} isSubtracting */
export const combine = (mask, other, isSubtracting) =>
  isSubtracting ? subtract(mask, other) : add(mask, other);

/** How much of `part` the mask covers, from 0 to 1. @param {Mask} mask @param {Mask} part */
export function coverage(mask, part) {
  let covered = 0;
  let total = 0;
  for (let index = 0; index < mask.length; index += 1) {
    covered += Math.min(mask[index], part[index]);
    total += part[index];
  }
  return total ? covered / total : 0;
}

/** The smallest box around all positions that pass. @param {number} size
 * @param {(index: number) => boolean} passes @returns {Box | null} */
function boxWhere(size, passes) {
  let left = size;
  let top = size;
  let right = -1;
  let bottom = -1;
  for (let y = 0, index = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1, index += 1) {
      if (!passes(index)) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  if (right < 0) return null;
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** The box around what is painted. @param {Mask} mask */
export const bounds = (mask) => boxWhere(sideOf(mask), (index) => mask[index] > 0);

/** The box in which two masks differ. @param {Mask} before @param {Mask} after */
export const difference = (before, after) =>
  boxWhere(sideOf(after), (index) => before[index] !== after[index]);

/** The values inside a box, row by row. @param {Mask} mask @param {Box} box */
export function cut(mask, { x, y, width, height }) {
  const size = sideOf(mask);
  const values = new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1) {
    const start = (y + row) * size + x;
    values.set(mask.subarray(start, start + width), row * width);
  }
  return values;
}

/** The point a piece turns about: its centre of mass, in whole pixels as on the server.
 * @param {Mask} mask @returns {Point} */
export function centre(mask) {
  const size = sideOf(mask);
  let [total, across, down] = [0, 0, 0];
  for (let index = 0; index < mask.length; index += 1) {
    total += mask[index];
    across += mask[index] * ((index % size) + 0.5);
    down += mask[index] * (Math.floor(index / size) + 0.5);
  }
  if (!total) return { x: size / 2, y: size / 2 };
  return { x: Math.round(across / total), y: Math.round(down / total) };
}

/** The value at a point, 0 outside. @param {Mask} mask @param {Point} point */
export function valueAt(mask, { x, y }) {
  const size = sideOf(mask);
  const [column, row] = [Math.floor(x), Math.floor(y)];
  if (column < 0 || row < 0 || column >= size || row >= size) return 0;
  return mask[row * size + column];
}

/** The mask at another size, by the value between four neighbours.
 * @param {Mask} mask @param {number} size @returns {Mask} */
export function resize(mask, size) {
  const old = sideOf(mask);
  if (old === size) return mask;
  const scaled = new Uint8Array(size * size);
  const clamp = (/** @type {number} */ value) => Math.min(Math.max(value, 0), old - 1);
  for (let y = 0; y < size; y += 1) {
    const v = clamp(((y + 0.5) * old) / size - 0.5);
    const [top, down] = [Math.floor(v), v % 1];
    const bottom = clamp(top + 1);
    for (let x = 0; x < size; x += 1) {
      const u = clamp(((x + 0.5) * old) / size - 0.5);
      const [left, across] = [Math.floor(u), u % 1];
      const right = clamp(left + 1);
      const above = mask[top * old + left] * (1 - across) + mask[top * old + right] * across;
      const below = mask[bottom * old + left] * (1 - across) + mask[bottom * old + right] * across;
      scaled[y * size + x] = Math.round(above * (1 - down) + below * down);
    }
  }
  return scaled;
}
