/** Takes small separate areas out of a mask: automatic parts have stray ones. */

import { sideOf } from "./mask.js";

/** @import { Mask } from "../core/types.js" */

const FAINT = 32; // values up to here belong to no area
const SMALLEST = 0.15; // of the largest area

/** A mask without the areas that are small beside its largest one; two eyes both stay.
 * @param {Mask} mask @returns {Mask} */
export function withoutIslands(mask) {
  const areas = findAreas(mask);
  const largest = Math.max(0, ...areas.map((area) => area.length));
  const kept = new Uint8Array(mask.length);
  for (const area of areas) {
    if (area.length < SMALLEST * largest) continue;
    for (const index of area) kept[index] = mask[index];
  }
  return kept;
}

/** The connected areas of a mask, each as the indices of its pixels. @param {Mask} mask */
function findAreas(mask) {
  const isSeen = new Uint8Array(mask.length);
  /** @type {number[][]} */
  const areas = [];
  mask.forEach((value, start) => {
    if (value <= FAINT || isSeen[start]) return;
    isSeen[start] = 1;
    const area = [start];
    for (const index of area) {
      for (const next of neighbours(index, sideOf(mask))) {
        if (mask[next] <= FAINT || isSeen[next]) continue;
        isSeen[next] = 1;
        area.push(next); // the loop reaches it too
      }
    }
    areas.push(area);
  });
  return areas;
}

/** @param {number} index @param {number} size */
function neighbours(index, size) {
  const column = index % size;
  const found = [];
  if (column > 0) found.push(index - 1);
  if (column < size - 1) found.push(index + 1);
  if (index >= size) found.push(index - size);
  if (index < size * (size - 1)) found.push(index + size);
  return found;
}
