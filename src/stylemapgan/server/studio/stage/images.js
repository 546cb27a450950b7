/** Pictures the canvas draws: asked for once, drawn when they have come, the newest few kept. */

import { loadInto } from "../core/picture-urls.js";

const MOST = 12; // the canvas never draws more than four at once

export class Images {
  /** @type {Map<string, HTMLImageElement | null>} null while on its way */
  #known = new Map();
  #onArrival;

  /** @param {() => void} onArrival */
  constructor(onArrival) {
    this.#onArrival = onArrival;
  }

  /** The picture, or null where it is not here yet.
   * @param {string} key @param {() => Promise<string>} ask for its address */
  get(key, ask) {
    const known = this.#known.get(key);
    if (known !== undefined) {
      this.#known.delete(key);
      this.#known.set(key, known); // now the newest
      return known;
    }
    this.#known.set(key, null);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST) this.#known.delete(oldest);
    void this.#load(key, ask);
    return null;
  }

  /** @param {string} key @param {() => Promise<string>} ask */
  async #load(key, ask) {
    try {
      const image = new Image();
      await loadInto(image, ask());
      this.#known.set(key, image);
      this.#onArrival();
    } catch {
      this.#known.delete(key); // asked for again at the next change
    }
  }
}
