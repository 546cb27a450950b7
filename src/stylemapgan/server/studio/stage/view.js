/** The one viewport of the page, and what its buttons do. */

import { Store } from "../core/store.js";
import { Viewport } from "./viewport.js";

/** @import { Point } from "../core/types.js" */

export const viewport = new Viewport();

/** Zoom, 1 where the picture fits; and the divider between before and after, from 0 to 1. */
export const view = new Store({ zoom: 1, divider: 0.5 });

/** @param {number} factor @param {Point} [about] */
export function zoomBy(factor, about) {
  viewport.zoomBy(factor, about);
  publish();
}

/** @param {number} dx @param {number} dy */
export function panBy(dx, dy) {
  viewport.panBy(dx, dy);
  publish();
}

export function fit() {
  viewport.fit();
  publish();
}

/** Tells that the viewport changed. */
export function publish() {
  view.set({ ...view.value, zoom: viewport.zoom });
}
