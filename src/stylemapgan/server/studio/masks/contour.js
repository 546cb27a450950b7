/** The outline of a mask as a path: marching squares at half strength, between pixel centres. */

import { sideOf } from "./mask.js";

/** @import { Mask } from "../core/types.js" */

const LEVEL = 127.5;

/** Which of a cell's four edges (top 0, right 1, bottom 2, left 3) each outline joins, by which of
 * its corners are inside (top left 8, top right 4, bottom right 2, bottom left 1). */
const LINES = [
  [],
  [[3, 2]],
  [[2, 1]],
  [[3, 1]],
  [[0, 1]],
  [
    [3, 0],
    [2, 1],
  ],
  [[0, 2]],
  [[3, 0]],
  [[3, 0]],
  [[0, 2]],
  [
    [0, 1],
    [3, 2],
  ],
  [[0, 1]],
  [[3, 1]],
  [[2, 1]],
  [[3, 2]],
  [],
];

/** The position of the level between two values. @param {number} from @param {number} to */
const between = (from, to) => (LEVEL - from) / (to - from);

/** @type {WeakMap<Mask, Path2D>} */
const known = new WeakMap();

/** The outline in model pixels; the area outside the picture counts as empty.
 * @param {Mask} mask */
export function contour(mask) {
  const path = known.get(mask) ?? trace(mask);
  known.set(mask, path);
  return path;
}

/** @param {Mask} mask */
function trace(mask) {
  const size = sideOf(mask);
  const at = (/** @type {number} */ x, /** @type {number} */ y) =>
    x < 0 || y < 0 || x >= size || y >= size ? 0 : mask[y * size + x];
  const path = new Path2D();
  for (let y = -1; y < size; y += 1) {
    for (let x = -1; x < size; x += 1) {
      traceCell(path, x + 0.5, y + 0.5, [at(x, y), at(x + 1, y), at(x + 1, y + 1), at(x, y + 1)]);
    }
  }
  return path;
}

/** @param {Path2D} path @param {number} x @param {number} y
 * @param {readonly number[]} values clockwise from the top left */
function traceCell(path, x, y, [topLeft, topRight, bottomRight, bottomLeft]) {
  const inside = (/** @type {number} */ value) => (value > LEVEL ? 1 : 0);
  const which =
    8 * inside(topLeft) + 4 * inside(topRight) + 2 * inside(bottomRight) + inside(bottomLeft);
  /** @type {(edge: number) => [number, number]} */
  const crossing = (edge) => {
    if (edge === 0) return [x + between(topLeft, topRight), y];
    if (edge === 1) return [x + 1, y + between(topRight, bottomRight)];
    if (edge === 2) return [x + between(bottomLeft, bottomRight), y + 1];
    return [x, y + between(topLeft, bottomLeft)];
  };
  for (const [start, end] of LINES[which]) {
    path.moveTo(...crossing(start));
    path.lineTo(...crossing(end));
  }
}
