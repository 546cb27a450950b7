/** Lasso and rectangle: draw an outline, and what is inside is painted (or taken away). */

import { desk, work } from "../../core/state.js";
import { combine, sideOf } from "../../masks/mask.js";
import { corners, fill } from "../../masks/strokes.js";
import { surfaceOrHint } from "./tool.js";

/** @import { Point } from "../../core/types.js" */
/** @import { Surface } from "../surface.js" */
/** @import { Inks, Tool } from "./tool.js" */

/** @implements {Tool} */
class OutlineTool {
  cursor = "crosshair";
  /** @type {Surface | null} */ #surface = null;
  #isSubtracting = false;
  /** @type {Point[]} */ points = [];

  /** The outline so far. @returns {Point[]} */
  outline() {
    return this.points;
  }

  /** @param {Point} point @param {PointerEvent} event */
  start(point, event) {
    this.#surface = surfaceOrHint();
    this.#isSubtracting = desk.value.isSubtracting || event.altKey;
    this.points = this.#surface ? [point] : [];
  }

  /** @param {Point[]} points */
  move(points) {
    if (this.#surface) this.points.push(...points);
  }

  end() {
    const surface = this.#surface;
    if (surface && this.points.length > 1) {
      const area = fill(sideOf(surface.mask), this.outline().map(surface.toMask));
      surface.write(combine(surface.mask, area, this.#isSubtracting));
      desk.patch({ hasPainted: true });
      work.commit();
    } else {
      work.cancel();
    }
    this.#forget();
  }

  cancel() {
    this.#forget();
    work.cancel();
  }

  #forget() {
    this.#surface = null;
    this.points = [];
  }

  /** @param {CanvasRenderingContext2D} context @param {number} scale @param {Inks} inks */
  draw(context, scale, inks) {
    if (this.points.length < 2) return;
    context.beginPath();
    for (const { x, y } of this.outline()) context.lineTo(x, y);
    context.closePath();
    context.globalAlpha = 0.25;
    context.fillStyle = inks.accent;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 1.5 / scale;
    context.strokeStyle = inks.line;
    context.stroke();
  }
}

export class LassoTool extends OutlineTool {}

export class RectangleTool extends OutlineTool {
  /** @override @returns {Point[]} */
  outline() {
    const [start, end] = [this.points[0], this.points.at(-1) ?? this.points[0]];
    const [x, y] = [Math.min(start.x, end.x), Math.min(start.y, end.y)];
    return corners({ x, y, width: Math.abs(end.x - start.x), height: Math.abs(end.y - start.y) });
  }
}
