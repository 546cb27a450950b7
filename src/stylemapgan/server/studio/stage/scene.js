/** Collects what the canvas shows, from the work, the desk and the loaded pictures. */

import * as api from "../core/api.js";
import { entryOf, stylemapOf } from "../core/shelf.js";
import { desk, frame, modelSize, targetPiece, work } from "../core/state.js";
import { currentSurface } from "./surface.js";
import { TOOLS } from "./tools/index.js";
import { view } from "./view.js";

/** @import { Images } from "./images.js" */
/** @import { Scene } from "./painter.js" */
/** @import { Inks } from "./tools/tool.js" */

/** @param {Images} images @param {Inks} inks @param {boolean} isDrawing @returns {Scene} */
export function gather(images, inks, isDrawing) {
  const { canvas, isComparing, tool } = desk.value;
  const isReference = canvas === "reference" && desk.value.reference !== null;
  const before = square(images, work.value.source);
  const isDivided = isComparing && !isReference;
  return {
    size: modelSize(),
    picture: isReference ? square(images, desk.value.reference) : (frame.value.picture ?? before),
    before,
    divider: isDivided ? view.value.divider : null,
    surroundings: isReference ? null : surroundings(images),
    inset: isReference ? frame.value.picture : null,
    others: isReference || isComparing ? [] : otherPieces(),
    chosen: isComparing ? null : chosenMask(isReference),
    tint: tintOf(isReference, isDrawing),
    tool: isComparing ? null : TOOLS[tool],
    inks,
  };
}

/** @param {boolean} isReference */
function chosenMask(isReference) {
  if (isReference && desk.value.target.kind === "push") return null;
  if (targetPiece()?.isHidden) return null;
  return currentSurface();
}

/** The tint must not hide the result, so it is faint there.
 * @param {boolean} isReference @param {boolean} isDrawing */
function tintOf(isReference, isDrawing) {
  if (isReference) return 0.42;
  return isDrawing && desk.value.tool !== "move" ? 0.14 : 0;
}

function otherPieces() {
  const chosen = targetPiece();
  if (desk.value.tool !== "move") return [];
  return work.value.pieces.filter((piece) => piece !== chosen && !piece.isHidden);
}

/** @param {Images} images @param {string | null} id */
function square(images, id) {
  return id ? images.get(`square ${id}`, () => api.squarePicture(id)) : null;
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
