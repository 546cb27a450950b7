/** Ways to paint a mask: strokes of a round brush, and filled outlines. */

import { sideOf } from "./mask.js";

/** @import { Box, Mask, Point } from "../core/types.js" */

/** `size` is the diameter in model pixels; `softness` the share of the radius that fades out.
 * @typedef {{size: number, softness: number, isErasing: boolean}} Brush */

/** @param {Point} point @param {Point} start @param {Point} end */
function distanceToSegment(point, start, end) {
  const [dx, dy] = [end.x - start.x, end.y - start.y];
  const squared = dx * dx + dy * dy;
  const along = squared && ((point.x - start.x) * dx + (point.y - start.y) * dy) / squared;
  const t = Math.min(Math.max(along, 0), 1);
  return Math.hypot(point.x - start.x - t * dx, point.y - start.y - t * dy);
}

/** What the brush leaves at a distance from its path: 1 inside, 0 outside, smooth between.
 * @param {number} distance @param {Brush} brush */
function profile(distance, { size, softness }) {
  const fade = Math.max((softness * size) / 2, 1); // never harder than one pixel
  const outer = size / 2 + 0.5;
  const t = Math.min(Math.max((outer - distance) / fade, 0), 1);
  return t * t * (3 - 2 * t);
}

/** Paints one straight piece of a stroke.
 * @param {Mask} mask @param {Point} start @param {Point} end @param {Brush} brush @returns {Mask} */
export function paint(mask, start, end, brush) {
  const side = sideOf(mask);
  const painted = mask.slice();
  const reach = brush.size / 2 + 1;
  const first = (/** @type {number} */ value) => Math.max(Math.floor(value - reach), 0);
  const last = (/** @type {number} */ value) => Math.min(Math.ceil(value + reach), side);
  const [left, right] = [first(Math.min(start.x, end.x)), last(Math.max(start.x, end.x))];
  const [top, bottom] = [first(Math.min(start.y, end.y)), last(Math.max(start.y, end.y))];
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) {
      const distance = distanceToSegment({ x: x + 0.5, y: y + 0.5 }, start, end);
      const value = Math.round(255 * profile(distance, brush));
      const index = y * side + x;
      painted[index] = brush.isErasing
        ? Math.min(painted[index], 255 - value)
        : Math.max(painted[index], value);
    }
  }
  return painted;
}

/** The mask inside an outline, with smooth edges.
 * @param {number} size @param {readonly Point[]} outline @returns {Mask} */
export function fill(size, outline) {
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
    new OffscreenCanvas(size, size).getContext("2d")
  );
  context.beginPath();
  for (const { x, y } of outline) context.lineTo(x, y);
  context.fill("evenodd");
  const { data } = context.getImageData(0, 0, size, size);
  const mask = new Uint8Array(size * size);
  for (let index = 0; index < mask.length; index += 1) mask[index] = data[4 * index + 3];
  return mask;
}

/** The corners of a box as an outline. @param {Box} box @returns {Point[]} */
export const corners = ({ x, y, width, height }) => [
  { x, y },
  { x: x + width, y },
  { x: x + width, y: y + height },
  { x, y: y + height },
];
