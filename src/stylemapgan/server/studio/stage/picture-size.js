/** How many pixels a picture of the canvas needs: as many as the screen shows and the photo has. */

import { stylemapOf } from "../core/shelf.js";
import { modelSize, work } from "../core/state.js";
import { viewport, zoomBy } from "./view.js";

/** Pixels on a side while the picture changes: few enough for every stroke. */
export const QUICK_SIZE = 512;
const SIZES = [QUICK_SIZE, 1024, 2048]; // few: the server prepares a photo for each; its limit is last
const TOLERANCE = 1.1; // enlarging by a tenth is not visible

/** Zooms to one pixel of the source's photo for each pixel of the screen. */
export function showActualPixels() {
  const side = stylemapOf(work.value.source)?.square?.side ?? modelSize();
  zoomBy(side / modelSize() / (devicePixelRatio || 1) / viewport.scale);
}

/** Pixels on a side of a picture at rest. @param {string | null} id of its stylemap */
export function restingSize(id) {
  const { photo = null, square = null } = stylemapOf(id) ?? {};
  if (!photo || !square) return QUICK_SIZE; // a random picture has no detail to show
  const shown = viewport.scale * modelSize() * (devicePixelRatio || 1);
  const size = SIZES.find((one) => one * TOLERANCE >= shown) ?? SIZES[SIZES.length - 1];
  return Math.max(QUICK_SIZE, Math.min(size, Math.round(square.side)));
}
