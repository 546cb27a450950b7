/** Automatic parts: regions found by the model, each added with one click. */

import { findParts } from "../../core/api.js";
import { desk, work } from "../../core/state.js";
import { Store } from "../../core/store.js";
import { contour } from "../../masks/contour.js";
import { combine, coverage, valueAt } from "../../masks/mask.js";
import { currentSurface, transformMask } from "../surface.js";
import { surfaceOrHint } from "./tool.js";

/** @import { Part, Point } from "../../core/types.js" */
/** @import { Inks, Tool } from "./tool.js" */

/** @typedef {{id: string | null, list: readonly Part[], state: "idle" | "busy" | "ready" | "failed",
 *   error: string | null, hovered: string | null}} PartsOnCanvas */

/** The parts of the picture on the canvas. */
export const parts = new Store(
  /** @type {PartsOnCanvas} */ ({ id: null, list: [], state: "idle", error: null, hovered: null }),
);

/** The stylemap on the canvas. */
const shownId = () =>
  desk.value.canvas === "reference" ? desk.value.reference : work.value.source;

/** Requests the parts of the picture on the canvas, once. */
export async function loadParts() {
  const id = shownId();
  if (!id || id === parts.value.id) return;
  parts.set({ id, list: [], state: "busy", error: null, hovered: null });
  try {
    const list = await findParts(id);
    if (parts.value.id === id) parts.patch({ list, state: "ready" });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (parts.value.id === id) parts.patch({ state: "failed", error: message });
  }
}

/** Whether most of a part is painted. @param {Part} part */
export function isTaken(part) {
  const surface = currentSurface();
  if (!surface) return false;
  return coverage(surface.mask, transformMask(part.mask, surface.matrix.inverse())) > 0.5;
}

/** Adds a part to the mask, or removes it. @param {Part} part */
export function togglePart(part) {
  const isSubtracting = isTaken(part);
  const surface = surfaceOrHint();
  if (!surface) return;
  const area = transformMask(part.mask, surface.matrix.inverse());
  surface.write(combine(surface.mask, area, isSubtracting));
  work.commit();
  desk.patch({ hasPainted: true });
}

/** @implements {Tool} */
export class PartsTool {
  cursor = "pointer";

  /** @param {Point} point */
  #find(point) {
    return parts.value.list.find((part) => valueAt(part.mask, point) > 127);
  }

  /** @param {Point} point */
  start(point) {
    const part = this.#find(point);
    if (part) togglePart(part);
  }

  move() {}
  end() {}
  cancel() {}

  /** @param {Point | null} point */
  hover(point) {
    const hovered = (point && this.#find(point)?.name) ?? null;
    if (hovered !== parts.value.hovered) parts.patch({ hovered });
  }

  /** @param {CanvasRenderingContext2D} context @param {number} scale @param {Inks} inks */
  draw(context, scale, inks) {
    for (const part of parts.value.list) {
      const isHovered = part.name === parts.value.hovered;
      context.strokeStyle = isHovered ? inks.accent : inks.line;
      context.globalAlpha = isHovered ? 1 : 0.7;
      context.lineWidth = (isHovered ? 3 : 1.25) / scale;
      context.stroke(contour(part.mask));
    }
    context.globalAlpha = 1;
  }
}
