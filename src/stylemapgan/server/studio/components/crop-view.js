/** The whole photo with the square over it: drag to move, corners to size, wheel and pinch too. */

import { h } from "../core/dom.js";

/** @import { Point, Square } from "../core/types.js" */

const PADDING = 24;
const REACH = 26;
const SMALLEST = 16; // photo pixels on a side

export class CropView {
  canvas = h("canvas", {
    id: "crop-canvas",
    tabindex: "0",
    role: "application",
    "aria-label": "Square. Arrow keys move it, plus and minus change its size.",
  });
  /** @type {Map<number, Point>} */ #pointers = new Map();
  /** @type {((point: Point) => void) | null} */ #drag = null;
  #image;
  #photo;
  #onChange;

  /** @param {HTMLImageElement} image @param {{width: number, height: number}} photo
   * @param {Square} square @param {(square: Square) => void} onChange */
  constructor(image, photo, square, onChange) {
    this.#image = image;
    this.#photo = photo;
    this.square = square;
    this.#onChange = onChange;
    this.canvas.addEventListener("pointerdown", (event) => this.#down(event));
    this.canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) {
      this.canvas.addEventListener(name, (event) => this.#pointers.delete(event.pointerId));
    }
    this.canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        this.#scaleBy(Math.exp(event.deltaY * 0.001));
      },
      { passive: false },
    );
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  /** @param {Partial<Square>} fields */
  change(fields) {
    const { width, height } = this.#photo;
    const wanted = { ...this.square, ...fields };
    const clamp = (/** @type {number} */ value, /** @type {number} */ most) =>
      Math.min(Math.max(value, 0), most);
    const side = Math.min(Math.max(wanted.side, SMALLEST), 1.5 * Math.max(width, height));
    this.square = { ...wanted, x: clamp(wanted.x, width), y: clamp(wanted.y, height), side };
    this.#onChange(this.square);
    this.draw();
  }

  /** Screen pixels per photo pixel. */
  get #scale() {
    const { clientWidth, clientHeight } = this.canvas;
    const { width, height } = this.#photo;
    return Math.min((clientWidth - 2 * PADDING) / width, (clientHeight - 2 * PADDING) / height);
  }

  get #origin() {
    const { clientWidth, clientHeight } = this.canvas;
    const { width, height } = this.#photo;
    return {
      x: (clientWidth - width * this.#scale) / 2,
      y: (clientHeight - height * this.#scale) / 2,
    };
  }

  /** @param {MouseEvent} event @returns {Point} in photo pixels */
  #at(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const { x, y } = this.#origin;
    return {
      x: (event.clientX - left - x) / this.#scale,
      y: (event.clientY - top - y) / this.#scale,
    };
  }

  #corners() {
    const { x, y, side, rotation } = this.square;
    const matrix = new DOMMatrix()
      .translate(x, y)
      .rotate(rotation)
      .scale(side / 2);
    return [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
    ].map(([u, v]) => matrix.transformPoint({ x: u, y: v }));
  }

  /** @param {PointerEvent} event */
  #down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    const start = this.#at(event);
    const { x, y, side } = this.square;
    const far = (/** @type {Point} */ point) => Math.hypot(point.x - x, point.y - y);
    const isCorner = this.#corners().some(
      (corner) => Math.hypot(corner.x - start.x, corner.y - start.y) * this.#scale < REACH,
    );
    this.#drag = isCorner
      ? (now) => this.change({ side: (side * far(now)) / Math.max(far(start), 1) })
      : (now) => this.change({ x: x + now.x - start.x, y: y + now.y - start.y });
    this.#pointers.set(event.pointerId, start);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const now = this.#at(event);
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const spread = (/** @type {Point} */ point) =>
        Math.hypot(point.x - other.x, point.y - other.y);
      this.#scaleBy(spread(now) / Math.max(spread(before), 1));
      this.#drag = null;
    } else {
      this.#drag?.(now);
    }
    this.#pointers.set(event.pointerId, now);
  }

  /** @param {number} factor */
  #scaleBy(factor) {
    this.change({ side: this.square.side * factor });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { x, y, side } = this.square;
    const step = side * (event.shiftKey ? 0.1 : 0.01);
    /** @type {Record<string, Partial<Square>>} */
    const moves = {
      ArrowLeft: { x: x - step },
      ArrowRight: { x: x + step },
      ArrowUp: { y: y - step },
      ArrowDown: { y: y + step },
      "+": { side: side * 1.02 },
      "-": { side: side / 1.02 },
    };
    const change = moves[event.key];
    if (!change) return;
    event.preventDefault();
    this.change(change);
  }

  draw() {
    const { canvas } = this;
    const context = canvas.getContext("2d");
    if (!context || !canvas.clientWidth) return;
    const density = devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * density);
    canvas.height = Math.round(canvas.clientHeight * density);
    const { x, y } = this.#origin;
    const scale = this.#scale;
    context.setTransform(density * scale, 0, 0, density * scale, density * x, density * y);
    context.imageSmoothingQuality = "high";
    context.drawImage(this.#image, 0, 0, this.#photo.width, this.#photo.height);
    const square = new Path2D();
    for (const corner of this.#corners()) square.lineTo(corner.x, corner.y);
    square.closePath();
    const shade = new Path2D(square);
    shade.rect(-1e5, -1e5, 2e5, 2e5);
    context.fillStyle = "rgb(0 0 0 / 55%)";
    context.fill(shade, "evenodd");
    context.strokeStyle = "white";
    context.lineWidth = 2 / scale;
    context.stroke(square);
    context.fillStyle = "white";
    for (const corner of this.#corners()) {
      context.beginPath();
      context.arc(corner.x, corner.y, 7 / scale, 0, 2 * Math.PI);
      context.fill();
    }
  }
}
