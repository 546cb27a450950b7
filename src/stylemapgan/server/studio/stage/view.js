/** The one viewport of the page, the panes that it applies to, and what its buttons do. */

import { Store } from "../core/store.js";
import { isInside } from "./panes.js";
import { Viewport } from "./viewport.js";

/** @import { Canvas, Point } from "../core/types.js" */
/** @import { Layout, Pane } from "./panes.js" */

/** Both pictures are shown at the same zoom and place: its origin is the corner of each pane. */
export const viewport = new Viewport();

/** @type {Map<Canvas, Pane>} */
let panes = new Map();

/** Zoom, 1 where the picture fits; and the divider between before and after, from 0 to 1. */
export const view = new Store({ zoom: 1, divider: 0.5 });

/** Puts the pictures where a layout says. @param {Layout} layout @param {number} size of a picture */
export function arrange(layout, size) {
  ({ panes } = layout);
  const [{ width, height }] = panes.values();
  viewport.resize(width, height, size, layout.margins);
}

/** The pane of a picture; null if it is not shown. @param {Canvas} canvas */
export const paneOf = (canvas) => panes.get(canvas) ?? null;

/** The picture at a point of the canvas. @param {Point} point @returns {Canvas | undefined} */
export const canvasAt = (point) => [...panes].find(([, pane]) => isInside(point, pane))?.[0];

/** From the canvas to the pane of a picture, in CSS pixels.
 * @param {Point} point @param {Canvas | undefined} canvas */
export function toPane({ x, y }, canvas) {
  const pane = canvas && panes.get(canvas);
  return pane ? { x: x - pane.x, y: y - pane.y } : { x, y };
}

/** @param {number} factor @param {Point} [about] a point of the canvas that stays */
export function zoomBy(factor, about) {
  viewport.zoomBy(factor, about && toPane(about, canvasAt(about)));
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
