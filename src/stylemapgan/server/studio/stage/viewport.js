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
    this.#width = width;
    this.#height = height;
    this.#margins = margins;
    if (size !== this.#size) this.#fits = true;
    this.#size = size;
    if (this.#fits) this.fit();
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
  zoomBy(factor, about = { x: this.#width / 2, y: this.#height / 2 }) {
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
