/** The position of the picture on the screen: zoom and pan, in CSS pixels. */

/** @import { Point } from "../core/types.js" */

const LARGEST_ZOOM = 24; // times the size that fits
const SMALLEST_ZOOM = 0.25;

export class Viewport {
  scale = 1;
  x = 0;
  y = 0;
  #width = 1;
  #height = 1;
  #size = 64;
  #margins = { top: 0, right: 0, bottom: 0, left: 0 };
  #fits = true;

  /** The part of the pane that shows the picture and that no bar covers. */
  get seen() {
    const { top, right, bottom, left } = this.#margins;
    const side = this.scale * this.#size;
    return {
      left: Math.max(this.x, left),
      top: Math.max(this.y, top),
      right: Math.min(this.x + side, this.#width - right),
      bottom: Math.min(this.y + side, this.#height - bottom),
    };
  }

  /** The scale at which the whole picture is seen. */
  get fitScale() {
    const { top, right, bottom, left } = this.#margins;
    const room = Math.min(this.#width - left - right, this.#height - top - bottom);
    return Math.max(room, 32) / this.#size;
  }

  get zoom() {
    return this.scale / this.fitScale;
  }

  get matrix() {
    return new DOMMatrix([this.scale, 0, 0, this.scale, this.x, this.y]);
  }

  /** @param {number} width @param {number} height @param {number} size of the picture
   * @param {{top: number, right: number, bottom: number, left: number}} margins */
  resize(width, height, size, margins) {
    if (size !== this.#size) this.#fits = true;
    const { zoom } = this;
    const middle = this.toPicture(this.#middle);
    const isSame = width === this.#width && height === this.#height;
    this.#width = width;
    this.#height = height;
    this.#margins = margins;
    this.#size = size;
    if (this.#fits) this.fit();
    else if (!isSame) this.#show(middle, zoom);
  }

  /** The middle of the free room. */
  get #middle() {
    const { top, right, bottom, left } = this.#margins;
    return { x: (left + this.#width - right) / 2, y: (top + this.#height - bottom) / 2 };
  }

  /** Puts a point into the middle. @param {Point} point in model pixels @param {number} zoom */
  #show(point, zoom) {
    const { x, y } = this.#middle;
    this.scale = zoom * this.fitScale;
    this.x = x - point.x * this.scale;
    this.y = y - point.y * this.scale;
  }

  fit() {
    const { top, right, bottom, left } = this.#margins;
    this.scale = this.fitScale;
    const side = this.scale * this.#size;
    this.x = left + (this.#width - left - right - side) / 2;
    this.y = top + (this.#height - top - bottom - side) / 2;
    this.#fits = true;
  }

  /** @param {number} factor @param {Point} [about] a point of the screen that stays */
  zoomBy(factor, about = this.#middle) {
    const fit = this.fitScale;
    const wanted = Math.min(Math.max(this.scale * factor, SMALLEST_ZOOM * fit), LARGEST_ZOOM * fit);
    const ratio = wanted / this.scale;
    this.x = about.x - (about.x - this.x) * ratio;
    this.y = about.y - (about.y - this.y) * ratio;
    this.scale = wanted;
    this.#fits = false;
  }

  /** @param {number} dx @param {number} dy */
  panBy(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.#fits = false;
  }

  /** @param {Point} point on the screen @returns {Point} in model pixels */
  toPicture({ x, y }) {
    return { x: (x - this.x) / this.scale, y: (y - this.y) / this.scale };
  }

  /** @param {Point} point in model pixels @returns {Point} on the screen */
  toScreen({ x, y }) {
    return { x: x * this.scale + this.x, y: y * this.scale + this.y };
  }
}
