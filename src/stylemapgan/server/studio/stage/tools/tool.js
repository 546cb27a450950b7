/** The interface of all tools; the canvas calls its methods while a pointer draws. */

import { desk, targetPiece, work } from "../../core/state.js";
import { toast } from "../../components/toasts.js";
import { openSurface } from "../surface.js";

/** @import { Canvas, Point } from "../../core/types.js" */
/** @import { Surface } from "../surface.js" */

/** Colours of the overlay, from the style sheet.
 * @typedef {{accent: string, halo: string, line: string}} Inks */

/** All points are in model pixels; `scale` is screen pixels per model pixel; `canvas` is the picture
 * that the pointer is on, or that the tool draws on.
 * @typedef {{
 *   cursor: string,
 *   start: (point: Point, event: PointerEvent, scale: number) => void,
 *   move: (points: Point[], event: PointerEvent) => void,
 *   end: () => void,
 *   cancel: () => void,
 *   hover?: (point: Point | null, scale: number, canvas: Canvas) => void,
 *   draw?: (context: CanvasRenderingContext2D, scale: number, inks: Inks, canvas: Canvas) => void,
 * }} Tool */

const MOST_PIECES = 16; // the limit of the API

const isFull = () => work.value.pieces.length >= MOST_PIECES;

/** The surface to paint on; shows a hint if there is none.
 * @returns {Surface | null} */
export function surfaceOrHint() {
  if (!targetPiece() && desk.value.target.kind === "piece" && isFull()) {
    toast(`An edit can have at most ${MOST_PIECES} pieces. Remove one, or paint on an existing one.`);
    return null;
  }
  const surface = openSurface();
  if (!surface) {
    toast("Choose a reference first. Its content appears where you paint.", "info");
    desk.patch({ slot: "references" });
  }
  return surface;
}
