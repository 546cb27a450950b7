/** Automatic parts: regions found by the model, each added with one click. */

import { findParts } from "../../core/api.js";
import { activeCanvas, desk, shownCanvases, work } from "../../core/state.js";
import { Store } from "../../core/store.js";
import { contour } from "../../masks/contour.js";
import { combine, coverage, valueAt } from "../../masks/mask.js";
import { currentSurface, transformMask } from "../surface.js";
import { surfaceOrHint } from "./tool.js";

/** @import { Canvas, Part, Point } from "../../core/types.js" */
/** @import { Inks, Tool } from "./tool.js" */

/** The parts of one picture.
 * @typedef {{list: readonly Part[], state: "busy" | "ready" | "failed",
 *   error: string | null}} Found */

/** Parts of the pictures on the canvas, by stylemap; and the name of the one under the pointer. */
export const parts = new Store({
  found: /** @type {ReadonlyMap<string, Found>} */ (new Map()),
  hovered: /** @type {string | null} */ (null),
});

/** The stylemap of a picture on the canvas. @param {Canvas} canvas */
const idOf = (canvas) => (canvas === "reference" ? desk.value.reference : work.value.source);

/** The parts of a picture on the canvas. @param {Canvas} canvas @returns {Found} */
export const partsOn = (canvas) =>
  parts.value.found.get(idOf(canvas) ?? "") ?? { list: [], state: "busy", error: null };

/** @param {string} id @param {Found} found */
const keep = (id, found) => parts.patch({ found: new Map(parts.value.found).set(id, found) });

/** Requests the parts of every picture on the canvas, once; forgets those of others. */
export function loadParts() {
  const ids = shownCanvases().map(idOf);
  const missing = ids.filter((id) => id !== null && !parts.value.found.has(id));
  if (!missing.length) return;
  parts.patch({ found: new Map([...parts.value.found].filter(([id]) => ids.includes(id))) });
  for (const id of missing) if (id) void load(id);
}

/** @type {Map<string, Promise<void>>} */
const inProgress = new Map();

/** @param {string} id */
function load(id) {
  const loading = inProgress.get(id) ?? request(id).finally(() => inProgress.delete(id));
  inProgress.set(id, loading);
  return loading;
}

/** @param {string} id */
async function request(id) {
  keep(id, { list: [], state: "busy", error: null });
  try {
    const list = await findParts(id);
    keep(id, { list, state: "ready", error: null });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    keep(id, { list: [], state: "failed", error: message });
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

/** Takes a part of the reference, by its name. @param {string} name */
export async function takePart(name) {
  desk.patch({ canvas: "reference", tool: "parts" });
  const { reference } = desk.value;
  if (!reference) return;
  if (partsOn("reference").state !== "ready") await load(reference);
  const part = partsOn("reference").list.find((one) => one.name === name);
  if (part && reference === desk.value.reference && !isTaken(part)) togglePart(part);
}

/** @implements {Tool} */
export class PartsTool {
  cursor = "pointer";

  /** @param {Point} point @param {Canvas} canvas */
  #find(point, canvas) {
    return partsOn(canvas).list.find((part) => valueAt(part.mask, point) > 127);
  }

  /** @param {Point} point */
  start(point) {
    const part = this.#find(point, activeCanvas());
    if (part) togglePart(part);
  }

  move() {}
  end() {}
  cancel() {}

  /** @param {Point | null} point @param {number} _scale @param {Canvas} canvas */
  hover(point, _scale, canvas) {
    const hovered = (point && this.#find(point, canvas)?.name) ?? null;
    if (hovered !== parts.value.hovered) parts.patch({ hovered });
  }

  /** @param {CanvasRenderingContext2D} context @param {number} scale @param {Inks} inks
   * @param {Canvas} canvas */
  draw(context, scale, inks, canvas) {
    for (const part of partsOn(canvas).list) {
      const isHovered = part.name === parts.value.hovered;
      context.strokeStyle = isHovered ? inks.accent : inks.line;
      context.globalAlpha = isHovered ? 1 : 0.7;
      context.lineWidth = (isHovered ? 3 : 1.25) / scale;
      context.stroke(contour(part.mask));
    }
    context.globalAlpha = 1;
  }
}
