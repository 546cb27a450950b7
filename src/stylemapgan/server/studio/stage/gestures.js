/** Sorts what pointers do on the canvas: one draws, two pinch, the wheel zooms, space drags. */

/** @import { Point } from "../core/types.js" */

/** Points are in CSS pixels of the canvas.
 * @typedef {{
 *   start: (point: Point, event: PointerEvent) => void,
 *   move: (points: Point[], event: PointerEvent) => void,
 *   end: () => void, cancel: () => void,
 *   hover: (point: Point | null) => void,
 *   pan: (dx: number, dy: number) => void,
 *   zoom: (factor: number, about: Point) => void,
 * }} Handlers */

export class Gestures {
  /** @type {Map<number, Point>} */ #pointers = new Map();
  /** @type {"draw" | "pan" | "pinch" | null} */ #mode = null;
  #isSpaceDown = false;
  #element;
  #handlers;

  /** @param {HTMLElement} element @param {Handlers} handlers */
  constructor(element, handlers) {
    this.#element = element;
    this.#handlers = handlers;
    element.addEventListener("pointerdown", (event) => this.#down(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", (event) => this.#up(event));
    element.addEventListener("pointercancel", (event) => this.#up(event, true));
    element.addEventListener("pointerleave", () => this.#mode ?? handlers.hover(null));
    element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    element.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /** While space is held, dragging moves the picture. @param {boolean} isDown */
  holdSpace(isDown) {
    this.#isSpaceDown = isDown;
    this.#element.classList.toggle("is-panning", isDown);
  }

  /** @param {MouseEvent} event @returns {Point} */
  #at(event) {
    const { left, top } = this.#element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button === 2) return;
    try {
      this.#element.setPointerCapture(event.pointerId);
    } catch {
      // a pointer that is gone already
    }
    this.#pointers.set(event.pointerId, this.#at(event));
    if (this.#pointers.size > 1) {
      if (this.#mode === "draw") this.#handlers.cancel();
      this.#mode = "pinch";
    } else if (event.button === 1 || this.#isSpaceDown) {
      this.#mode = "pan";
    } else {
      this.#mode = "draw";
      this.#handlers.start(this.#at(event), event);
    }
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    const now = this.#at(event);
    if (!before || !this.#mode) {
      if (event.pointerType !== "touch") this.#handlers.hover(now);
      return;
    }
    if (this.#mode === "draw") {
      const events = event.getCoalescedEvents?.() ?? [];
      const points = events.length ? events.map((one) => this.#at(one)) : [now];
      this.#handlers.move(points, event);
    } else if (this.#mode === "pan") {
      this.#handlers.pan(now.x - before.x, now.y - before.y);
    } else {
      this.#pinch(event.pointerId, before, now);
    }
    this.#pointers.set(event.pointerId, now);
  }

  /** @param {number} id @param {Point} before @param {Point} now */
  #pinch(id, before, now) {
    const other = [...this.#pointers].find(([key]) => key !== id)?.[1];
    if (!other) return this.#handlers.pan(now.x - before.x, now.y - before.y);
    const spread = (/** @type {Point} */ point) => Math.hypot(point.x - other.x, point.y - other.y);
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    this.#handlers.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    this.#handlers.zoom(spread(now) / Math.max(spread(before), 1), middle);
  }

  /** @param {PointerEvent} event */
  #up(event, isCancelled = false) {
    if (!this.#pointers.delete(event.pointerId)) return;
    if (this.#mode === "draw") isCancelled ? this.#handlers.cancel() : this.#handlers.end();
    if (event.pointerType === "touch") this.#handlers.hover(null);
    if (this.#pointers.size === 0) this.#mode = null;
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    if (event.shiftKey) return this.#handlers.pan(-event.deltaY - event.deltaX, 0);
    const step = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
    this.#handlers.zoom(Math.exp(-step * (event.ctrlKey ? 0.01 : 0.0015)), this.#at(event));
  }
}
