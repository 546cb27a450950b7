/** The newest picture of the result. */

import { Store } from "./store.js";

/** @typedef {{picture: ImageBitmap | null, arrived: number}} Frame `arrived`: how many came */

export const frame = new Store(/** @type {Frame} */ ({ picture: null, arrived: 0 }));

/** @param {ImageBitmap} picture */
export function showFrame(picture) {
  const { picture: old, arrived } = frame.value;
  frame.set({ picture, arrived: arrived + 1 });
  old?.close();
}

export const forgetFrame = () => frame.patch({ picture: null });
