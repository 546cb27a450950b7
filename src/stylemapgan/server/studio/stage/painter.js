/** Draws the canvas: the picture, what surrounds it, masks and outlines over it. */

import { contour } from "../masks/contour.js";
import { isEmpty, sideOf } from "../masks/mask.js";
import { placement } from "./surface.js";

/** @import { Canvas, Mask, Piece, Photo, Point, Square } from "../core/types.js" */
/** @import { Inks, Tool } from "./tools/tool.js" */
/** @import { Pane } from "./panes.js" */
/** @import { Viewport } from "./viewport.js" */

const INSET_TOP = 72; // CSS pixels, below the bar

/** What the canvas shows.
 * @typedef {{
 *   canvas: Canvas,
 *   size: number,
 *   picture: CanvasImageSource | null,
 *   before: CanvasImageSource | null,
 *   divider: number | null,
 *   surroundings: {image: HTMLImageElement, photo: Photo, square: Square} | null,
 *   caption: string | null,
 *   inset: CanvasImageSource | null,
 *   others: readonly Piece[],
 *   chosen: {mask: Mask, matrix: DOMMatrix} | null,
 *   tint: number,
 *   tool: Tool | null,
 *   inks: Inks,
 * }} Scene */

/** @param {CanvasRenderingContext2D} context */
export function clear(context) {
  const { width, height } = context.canvas;
  context.resetTransform();
  context.clearRect(0, 0, width, height);
}

/** Draws one picture in its pane.
 * @param {CanvasRenderingContext2D} context @param {Viewport} viewport @param {Pane} pane
 * @param {Scene} scene @param {number} density screen pixels per CSS pixel */
export function draw(context, viewport, pane, scene, density) {
  context.save();
  context.imageSmoothingQuality = "high";
  context.setTransform(density, 0, 0, density, 0, 0);
  context.beginPath();
  context.rect(pane.x, pane.y, pane.width, pane.height);
  context.clip();
  const world = new DOMMatrix().scale(density).translate(pane.x, pane.y).multiply(viewport.matrix);
  context.setTransform(world);
  if (scene.surroundings) drawSurroundings(context, scene.surroundings, scene.size);
  drawPictures(context, scene, viewport.scale);
  drawOverlay(context, scene, viewport.scale);
  context.setTransform(world);
  scene.tool?.draw?.(context, viewport.scale, scene.inks, scene.canvas);
  context.setTransform(density, 0, 0, density, 0, 0);
  if (scene.caption) {
    const { left, top } = viewport.seen;
    label(context, scene.caption, { x: pane.x + left + 8, y: pane.y + top + 8 });
  }
  if (scene.inset) drawInset(context, scene.inset, density);
  context.restore();
}

/** From a photo's pixels to model pixels of its square.
 * @param {Square} square @param {number} size */
export function photoToSquare({ x, y, side, rotation }, size) {
  return new DOMMatrix()
    .translate(size / 2, size / 2)
    .scale(size / side)
    .rotate(-rotation)
    .translate(-x, -y);
}

/** @param {CanvasRenderingContext2D} context
 * @param {NonNullable<Scene["surroundings"]>} surroundings @param {number} size */
function drawSurroundings(context, { image, photo, square }, size) {
  context.save();
  const { a, b, c, d, e, f } = photoToSquare(square, size);
  context.transform(a, b, c, d, e, f);
  context.drawImage(image, 0, 0, photo.width, photo.height);
  context.restore();
}

/** The edge of the photo in model pixels.
 * @param {NonNullable<Scene["surroundings"]>} surroundings @param {number} size */
function photoOutline({ photo, square }, size) {
  const outline = new Path2D();
  const edge = new Path2D();
  edge.rect(0, 0, photo.width, photo.height);
  outline.addPath(edge, photoToSquare(square, size));
  return outline;
}

/** @param {CanvasRenderingContext2D} context @param {Scene} scene @param {number} scale */
function drawPictures(context, scene, scale) {
  const { size, picture, before, divider, inks, surroundings } = scene;
  context.save();
  if (surroundings) context.clip(photoOutline(surroundings, size)); // a square may reach beyond
  if (picture) context.drawImage(picture, 0, 0, size, size);
  const edge = (divider ?? 0) * size;
  context.beginPath();
  context.rect(0, 0, edge, size);
  context.clip();
  if (divider !== null && before) context.drawImage(before, 0, 0, size, size);
  context.restore();
  if (divider === null) return;
  for (const [width, ink] of /** @type {const} */ ([
    [4, inks.halo],
    [2, inks.line],
  ])) {
    context.fillStyle = ink;
    context.fillRect(edge - width / scale / 2, 0, width / scale, size);
  }
}

/** A word on a dark ground. @param {CanvasRenderingContext2D} context @param {string} text
 * @param {Point} corner of the ground, at its top and left, in CSS pixels */
function label(context, text, { x, y }) {
  context.font = "500 12px system-ui, sans-serif";
  const width = context.measureText(text).width + 16;
  context.fillStyle = "rgb(16 18 24 / 72%)";
  context.beginPath();
  context.roundRect(x, y, width, 24, 6);
  context.fill();
  context.fillStyle = "white";
  context.textBaseline = "middle";
  context.fillText(text, x + 8, y + 12.5);
}

/** @param {CanvasRenderingContext2D} context @param {Scene} scene @param {number} scale */
function drawOverlay(context, { others, chosen, tint, inks }, scale) {
  for (const piece of others) {
    outline(context, piece.mask, placement(piece), {
      ink: inks.line,
      width: 1,
      alpha: 0.55,
      scale,
    });
  }
  if (!chosen || isEmpty(chosen.mask)) return;
  context.save();
  if (tint > 0) {
    const { a, b, c, d, e, f } = chosen.matrix;
    context.transform(a, b, c, d, e, f);
    context.globalAlpha = tint;
    const size = sideOf(chosen.mask);
    context.drawImage(tinted(chosen.mask, inks.accent), 0, 0, size, size);
  }
  context.restore();
  outline(context, chosen.mask, chosen.matrix, { ink: inks.halo, width: 3.5, alpha: 1, scale });
  outline(context, chosen.mask, chosen.matrix, { ink: inks.line, width: 1.5, alpha: 1, scale });
}

/** @param {CanvasRenderingContext2D} context @param {Mask} mask @param {DOMMatrix} matrix
 * @param {{ink: string, width: number, alpha: number, scale: number}} style */
function outline(context, mask, matrix, { ink, width, alpha, scale }) {
  const path = new Path2D();
  path.addPath(contour(mask), matrix);
  context.globalAlpha = alpha;
  context.strokeStyle = ink;
  context.lineWidth = width / scale;
  context.lineCap = "round";
  context.stroke(path);
  context.globalAlpha = 1;
}

/** @type {WeakMap<Mask, {ink: string, canvas: OffscreenCanvas}>} */
const tints = new WeakMap();

/** The mask as a coloured picture. @param {Mask} mask @param {string} ink */
export function tinted(mask, ink) {
  const known = tints.get(mask);
  if (known?.ink === ink) return known.canvas;
  const size = sideOf(mask);
  const canvas = new OffscreenCanvas(size, size);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const picture = context.createImageData(size, size);
  mask.forEach((value, index) => (picture.data[4 * index + 3] = value));
  context.putImageData(picture, 0, 0);
  context.globalCompositeOperation = "source-in";
  context.fillStyle = ink;
  context.fillRect(0, 0, size, size);
  tints.set(mask, { ink, canvas });
  return canvas;
}

/** The result, small, in the corner. @param {CanvasRenderingContext2D} context
 * @param {CanvasImageSource} picture @param {number} density */
function drawInset(context, picture, density) {
  const { width, height } = context.canvas;
  const side = Math.min(width, height) / density / 4;
  const [x, y] = [width / density - side - 16, INSET_TOP];
  context.save();
  context.beginPath();
  context.roundRect(x, y, side, side, 8);
  context.lineWidth = 4;
  context.strokeStyle = "rgb(255 255 255 / 85%)";
  context.stroke();
  context.clip();
  context.drawImage(picture, x, y, side, side);
  context.restore();
}
