/** Brush and eraser: round strokes with a soft edge. */

import { desk, modelSize, work } from "../../core/state.js";
import { paint } from "../../masks/strokes.js";
import { currentSurface } from "../surface.js";
import { surfaceOrHint } from "./tool.js";

/** @import { Point } from "../../core/types.js" */
/** @import { Surface } from "../surface.js" */
/** @import { Inks, Tool } from "./tool.js" */

/** @implements {Tool} */
export class BrushTool {
  cursor = "none";
  /** @type {Surface | null} */ #surface = null;
  /** @type {Point | null} */ #last = null;
  /** @type {Point | null} */ #hovered = null;
  #isErasing;

  /** @param {boolean} isErasing */
  constructor(isErasing) {
    this.#isErasing = isErasing;
  }

  get #size() {
    return Math.max(desk.value.brushSize * modelSize(), 1);
  }

  /** @param {Point} point */
  start(point) {
    this.#surface = this.#isErasing ? currentSurface() : surfaceOrHint();
    this.#last = null;
    this.move([point]);
  }

  /** @param {Point[]} points */
  move(points) {
    this.#hovered = points.at(-1) ?? null;
    const surface = this.#surface;
    if (!surface) return;
    const { softness } = desk.value;
    const brush = { size: this.#size, softness, isErasing: this.#isErasing };
    let { mask } = surface;
    for (const point of points) {
      const next = surface.toMask(point);
      mask = paint(mask, this.#last ?? next, next, brush);
      this.#last = next;
    }
    surface.write(mask);
  }

  end() {
    if (this.#surface) desk.patch({ hasPainted: true });
    this.#surface = null;
    work.commit();
  }

  cancel() {
    this.#surface = null;
    work.cancel();
  }

  /** @param {Point | null} point */
  hover(point) {
    this.#hovered = point;
  }

  /** Shows the brush under the pointer.
   * @param {CanvasRenderingContext2D} context @param {number} scale @param {Inks} inks */
  draw(context, scale, inks) {
    if (!this.#hovered) return;
    const { x, y } = this.#hovered;
    context.beginPath();
    context.arc(x, y, this.#size / 2, 0, 2 * Math.PI);
    context.strokeStyle = inks.halo;
    context.lineWidth = 3 / scale;
    context.stroke();
    context.strokeStyle = inks.line;
    context.lineWidth = 1.5 / scale;
    context.setLineDash(this.#isErasing ? [4 / scale, 3 / scale] : []);
    context.stroke();
    context.setLineDash([]);
  }
}
