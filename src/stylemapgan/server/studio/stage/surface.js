/** The mask that strokes change (of a piece or a direction), and its placement on the canvas. */

import { addPiece, changePiece, changePush, findPush } from "../core/work-changes.js";
import { activeCanvas, desk, modelSize, targetPiece, work } from "../core/state.js";
import { centre, emptyMask, sideOf } from "../masks/mask.js";

/** @import { Canvas, Mask, Piece, Point } from "../core/types.js" */

/** The placement of a piece on the source: rotated and scaled about its centre, then moved.
 * @param {Piece} piece */
export function placement({ mask, shift, rotation, scale }) {
  const { x, y } = centre(mask);
  return new DOMMatrix()
    .translate(x + shift[0], y + shift[1])
    .rotate(rotation)
    .scale(scale)
    .translate(-x, -y);
}

/** @typedef {{
 *   mask: Mask, matrix: DOMMatrix,
 *   toMask: (point: Point) => Point, write: (mask: Mask) => void,
 * }} Surface `matrix` leads from the mask to the canvas */

/** @param {Mask} mask @param {DOMMatrix} matrix @param {(mask: Mask) => void} save
 * @returns {Surface} */
function newSurface(mask, matrix, save) {
  const inverse = matrix.inverse();
  return {
    mask,
    matrix,
    toMask: (point) => {
      const { x, y } = inverse.transformPoint(point);
      return { x, y };
    },
    write(changed) {
      this.mask = changed;
      save(changed);
    },
  };
}

/** @param {Piece} piece @param {Canvas} canvas */
function pieceSurface(piece, canvas) {
  const matrix = canvas === "reference" ? new DOMMatrix() : placement(piece);
  return newSurface(piece.mask, matrix, (mask) =>
    work.set(changePiece(work.value, piece.key, { mask })),
  );
}

/** @param {string} direction */
function pushSurface(direction) {
  const mask = findPush(work.value, direction).mask ?? emptyMask(modelSize());
  return newSurface(mask, new DOMMatrix(), (changed) =>
    work.set(changePush(work.value, direction, { mask: changed })),
  );
}

/** The mask that strokes on a picture change now; null if there is none. */
export function currentSurface(canvas = activeCanvas()) {
  const { target } = desk.value;
  if (target.kind === "push") return pushSurface(target.direction);
  const piece = targetPiece();
  return piece ? pieceSurface(piece, canvas) : null;
}

/** The mask for a stroke; starts a new piece of the selected reference if there is none. */
export function openSurface() {
  const hidden = targetPiece();
  if (hidden?.isHidden) work.set(changePiece(work.value, hidden.key, { isHidden: false }));
  const surface = currentSurface();
  const { reference } = desk.value;
  if (surface || !reference) return surface;
  const { work: next, key } = addPiece(work.value, reference, modelSize());
  work.set(next);
  desk.patch({ target: { kind: "piece", key } });
  return currentSurface();
}

/** A mask moved, turned or scaled. @param {Mask} mask @param {DOMMatrix} matrix @returns {Mask} */
export function transformMask(mask, matrix) {
  if (matrix.isIdentity) return mask;
  const size = sideOf(mask);
  const before = context(size);
  const picture = before.createImageData(size, size);
  mask.forEach((value, index) => (picture.data[4 * index + 3] = value));
  before.putImageData(picture, 0, 0);
  const after = context(size);
  after.setTransform(matrix);
  after.drawImage(before.canvas, 0, 0);
  const { data } = after.getImageData(0, 0, size, size);
  const moved = new Uint8Array(mask.length);
  for (let index = 0; index < moved.length; index += 1) moved[index] = data[4 * index + 3];
  return moved;
}

/** @param {number} size */
function context(size) {
  const canvas = new OffscreenCanvas(size, size);
  return /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
}
