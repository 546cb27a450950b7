/** Where the pictures lie on the canvas: one, or two beside or above each other. */

/** @import { Canvas, Point } from "../core/types.js" */

const GAP = 12; // CSS pixels between two panes

/** Lengths of a canvas or pane, and the room that the bars over it need, in CSS pixels.
 * @typedef {{top: number, right: number, bottom: number, left: number}} Margins */

/** The part of the canvas that shows one picture, in CSS pixels.
 * @typedef {{x: number, y: number, width: number, height: number}} Pane */

/** Panes of equal size, and the room in each that its picture leaves free.
 * @typedef {{panes: Map<Canvas, Pane>, margins: Margins}} Layout */

/** Lays out one or two pictures; two lie where they are larger.
 * @param {readonly Canvas[]} shown @param {number} width @param {number} height
 * @param {Margins} margins @returns {Layout} */
export function layOut(shown, width, height, margins) {
  if (shown.length === 1) {
    return { panes: new Map([[shown[0], { x: 0, y: 0, width, height }]]), margins };
  }
  const room = height - margins.top - margins.bottom;
  const side = Math.min(width / 2, room);
  const stackedSide = Math.min(width, room / 2);
  return side >= stackedSide
    ? besideEachOther(shown, width, height, margins)
    : stacked(shown, width, room, margins);
}

/** @param {readonly Canvas[]} shown @param {number} width @param {number} height
 * @param {Margins} margins @returns {Layout} */
function besideEachOther(shown, width, height, { top, bottom }) {
  const pane = { y: 0, width: (width - 3 * GAP) / 2, height };
  const panes = shown.map((canvas, index) =>
    at(canvas, { ...pane, x: GAP + index * (pane.width + GAP) }),
  );
  return { panes: new Map(panes), margins: { top, right: 0, bottom, left: 0 } };
}

/** @param {readonly Canvas[]} shown @param {number} width @param {number} room
 * @param {Margins} margins @returns {Layout} */
function stacked(shown, width, room, { top, right, left }) {
  const pane = { x: 0, width, height: (room - GAP) / 2 };
  const panes = shown.map((canvas, index) =>
    at(canvas, { ...pane, y: top + index * (pane.height + GAP) }),
  );
  return { panes: new Map(panes), margins: { top: 0, right, bottom: 0, left } };
}

/** @param {Canvas} canvas @param {Pane} pane @returns {[Canvas, Pane]} */
const at = (canvas, pane) => [canvas, pane];

/** Whether a point of the canvas lies in a pane. @param {Point} point @param {Pane} pane */
export const isInside = ({ x, y }, pane) =>
  x >= pane.x && x < pane.x + pane.width && y >= pane.y && y < pane.y + pane.height;
