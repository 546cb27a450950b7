/** What a piece takes of its reference, small. */

import { squarePicture } from "../core/api.js";
import { h } from "../core/dom.js";
import { loadInto } from "../core/picture-urls.js";
import { work } from "../core/state.js";
import { bounds, sideOf } from "../masks/mask.js";
import { tinted } from "../stage/painter.js";

/** @import { Mask } from "../core/types.js" */

const SIZE = 64; // pixels on a side
const ROOM = 3; // model pixels around the piece

/** Draws itself again at the event `refresh`, if the mask is another one. @param {string} key */
export function pieceThumbnail(key) {
  const canvas = h("canvas", { width: SIZE, height: SIZE, "aria-hidden": "true" });
  const image = new Image();
  /** @type {Mask | null} */
  let drawn = null;
  const refresh = () => {
    const mask = work.value.pieces.find((piece) => piece.key === key)?.mask;
    if (!mask || mask === drawn || !image.naturalWidth) return;
    drawn = mask;
    draw(canvas, image, mask);
  };
  const reference = work.value.pieces.find((piece) => piece.key === key)?.reference ?? "";
  canvas.addEventListener("refresh", refresh);
  loadInto(image, squarePicture(reference, 256)).then(refresh, () => {});
  return canvas;
}

/** @param {HTMLCanvasElement} canvas @param {HTMLImageElement} image @param {Mask} mask */
function draw(canvas, image, mask) {
  const context = canvas.getContext("2d");
  const size = sideOf(mask);
  const box = bounds(mask) ?? { x: 0, y: 0, width: size, height: size };
  if (!context) return;
  const scale = SIZE / (Math.max(box.width, box.height) + 2 * ROOM);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  context.resetTransform();
  context.clearRect(0, 0, SIZE, SIZE);
  context.imageSmoothingQuality = "high";
  context.translate(SIZE / 2, SIZE / 2);
  context.scale(scale, scale);
  context.translate(-x, -y);
  context.drawImage(image, 0, 0, size, size);
  context.globalCompositeOperation = "destination-in"; // keeps what the mask takes
  context.drawImage(tinted(mask, "black"), 0, 0, size, size);
  context.globalCompositeOperation = "destination-over"; // and the rest of it, faint, behind
  context.globalAlpha = 0.25;
  context.drawImage(image, 0, 0, size, size);
  context.globalCompositeOperation = "source-over";
  context.globalAlpha = 1;
}
