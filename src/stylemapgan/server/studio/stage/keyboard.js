/** Drawing with the keyboard: arrow keys move a cursor, Enter presses and releases. */

import { activeCanvas, modelSize } from "../core/state.js";
import { announce } from "../components/toasts.js";

/** @import { Point } from "../core/types.js" */
/** @import { Tool } from "./tools/tool.js" */

/** @type {Record<string, [number, number]>} */
export const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export class KeyboardPointer {
  /** @type {Point | null} */ #point = null;
  #isHeld = false;

  /** @param {string} key @param {boolean} isFast @param {Tool} tool */
  move(key, isFast, tool) {
    const size = modelSize();
    const step = isFast ? size / 8 : 1;
    const { x, y } = this.#point ?? { x: size / 2, y: size / 2 };
    const [dx, dy] = ARROWS[key];
    const clamp = (/** @type {number} */ value) => Math.min(Math.max(value, 0), size);
    this.#point = { x: clamp(x + dx * step), y: clamp(y + dy * step) };
    const event = new PointerEvent("pointermove");
    if (this.#isHeld) tool.move([this.#point], event);
    tool.hover?.(this.#point, 1, activeCanvas());
    announce(`${Math.round(this.#point.x)} right, ${Math.round(this.#point.y)} down`);
  }

  /** Presses; the next call releases. @param {Tool} tool @param {number} scale */
  press(tool, scale) {
    const size = modelSize();
    this.#point ??= { x: size / 2, y: size / 2 };
    if (this.#isHeld) tool.end();
    else tool.start(this.#point, new PointerEvent("pointerdown"), scale);
    this.#isHeld = !this.#isHeld;
    announce(this.#isHeld ? "Drawing. Arrow keys draw, Enter stops." : "Stopped drawing.");
  }

  /** @param {Tool} tool */
  leave(tool) {
    if (this.#isHeld) tool.end();
    this.#isHeld = false;
    this.#point = null;
    tool.hover?.(null, 1, activeCanvas());
  }
}
