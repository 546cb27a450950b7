/** What every tool can do; the canvas calls these while a pointer draws. */

import { MOST_PIECES } from "../../core/limits.js";
import { desk, targetPiece, work } from "../../core/state.js";
import { toast } from "../../core/notices.js";
import { openSurface } from "../surface.js";

/** @import { Point } from "../../core/types.js" */
/** @import { Surface } from "../surface.js" */

/** Colours of the overlay, from the style sheet.
 * @typedef {{accent: string, halo: string, line: string}} Inks */

/** All points are in model pixels of the picture on the canvas; `scale` is screen pixels per
 * model pixel.
 * @typedef {{
 *   cursor: string,
 *   start: (point: Point, event: PointerEvent, scale: number) => void,
 *   move: (points: Point[], event: PointerEvent) => void,
 *   end: () => void,
 *   cancel: () => void,
 *   hover?: (point: Point | null, scale: number) => void,
 *   draw?: (context: CanvasRenderingContext2D, scale: number, inks: Inks) => void,
 * }} Tool */

const isFull = () => work.value.pieces.length >= MOST_PIECES;

/** The surface to paint on; says what is missing where there is none.
 * @returns {Surface | null} */
export function surfaceOrHint() {
  if (!targetPiece() && desk.value.target.kind === "piece" && isFull()) {
    toast(`A work has at most ${MOST_PIECES} pieces. Remove one, or go on with one of them.`);
    return null;
  }
  const surface = openSurface();
  if (!surface) {
    toast("Choose a reference first: its parts appear where you paint.", "info");
    desk.patch({ slot: "references" });
  }
  return surface;
}
