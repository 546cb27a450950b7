/** Collects what the canvas shows, from the work, the desk and the loaded pictures. */

import * as api from "../core/api.js";
import { entryOf, stylemapOf } from "../core/shelf.js";
import { desk, frame, modelSize, shownCanvases, targetPiece, work } from "../core/state.js";
import { comparison } from "./comparison.js";
import { QUICK_SIZE, restingSize } from "./picture-size.js";
import { currentSurface } from "./surface.js";
import { TOOLS } from "./tools/index.js";
import { view } from "./view.js";

/** @import { Canvas } from "../core/types.js" */
/** @import { Images } from "./images.js" */
/** @import { Scene } from "./painter.js" */
/** @import { Inks } from "./tools/tool.js" */

/** The pointer: on which picture it is, and whether it draws.
 * @typedef {{canvas: Canvas, isDrawing: boolean}} Pointer */

/** What one picture of the canvas shows.
 * @param {Canvas} canvas @param {Images} images @param {Inks} inks @param {Pointer} pointer
 * @returns {Scene} */
export function gather(canvas, images, inks, pointer) {
  return canvas === "reference"
    ? referenceScene(images, inks, pointer)
    : sourceScene(images, inks, pointer);
}

/** @param {Images} images @param {Inks} inks @param {Pointer} pointer @returns {Scene} */
function referenceScene(images, inks, pointer) {
  const isAlone = shownCanvases().length === 1;
  return {
    canvas: "reference",
    size: modelSize(),
    picture: square(images, desk.value.reference),
    before: null,
    divider: null,
    surroundings: null,
    caption: isAlone ? null : "Reference",
    inset: isAlone ? frame.value.picture : null,
    others: [],
    chosen: targetPiece()?.isHidden ? null : currentSurface("reference"),
    tint: isAlone ? 0.42 : pointer.isDrawing ? 0.25 : 0, // the outline is enough at rest
    tool: toolOn("reference", pointer),
    inks,
  };
}

/** @param {Images} images @param {Inks} inks @param {Pointer} pointer @returns {Scene} */
function sourceScene(images, inks, pointer) {
  const { isComparing, tool } = desk.value;
  const isAlone = shownCanvases().length === 1;
  const original = square(images, work.value.source);
  const isTinted = pointer.isDrawing && tool !== "move" && pointer.canvas === "source";
  return {
    canvas: "source",
    size: modelSize(),
    picture: frame.value.picture ?? original,
    before: pictureBefore(original),
    divider: isComparing ? view.value.divider : null,
    surroundings: isAlone ? surroundings(images) : null,
    caption: isAlone ? null : "Result",
    inset: null,
    others: isComparing ? [] : otherPieces(),
    chosen: isComparing || targetPiece()?.isHidden ? null : currentSurface("source"),
    tint: isTinted ? 0.14 : 0, // faint: it must not hide the result
    tool: toolOn("source", pointer),
    inks,
  };
}

/** The tool as seen on a picture. A brush shows on the other picture too, where both correspond.
 * @param {Canvas} canvas @param {Pointer} pointer */
function toolOn(canvas, pointer) {
  const { isComparing, tool } = desk.value;
  if (isComparing) return null;
  if (tool === "move") return canvas === "source" ? TOOLS.move : null;
  if (tool === "parts" || canvas === pointer.canvas) return TOOLS[tool];
  return (currentSurface("source")?.matrix.isIdentity ?? true) ? TOOLS[tool] : null;
}

function otherPieces() {
  const chosen = targetPiece();
  if (desk.value.tool !== "move") return [];
  return work.value.pieces.filter((piece) => piece !== chosen && !piece.isHidden);
}

/** What lies left of the divider; the result itself until another picture of it has come.
 * @param {CanvasImageSource | null} original */
function pictureBefore(original) {
  if (desk.value.against === "original") return original;
  return comparison.value.picture ?? frame.value.picture;
}

/** The square of a photo, in as many pixels as the screen shows.
 * @param {Images} images @param {string | null} id of its stylemap */
function square(images, id) {
  if (!id) return null;
  const get = (/** @type {number} */ size) =>
    images.get(`square ${id} ${size}`, () => api.squarePicture(id, size));
  const quick = get(QUICK_SIZE);
  return get(restingSize(id)) ?? quick;
}

/** The whole photo around the square, where the result is shown pasted back.
 * @param {Images} images */
function surroundings(images) {
  if (desk.value.view !== "pasted") return null;
  const photo = entryOf(work.value.source)?.photo;
  const place = stylemapOf(work.value.source)?.square;
  if (!photo || !place) return null;
  const image = images.get(`photo ${photo.id}`, () => api.photoPicture(photo.id));
  return image && { image, photo, square: place };
}
