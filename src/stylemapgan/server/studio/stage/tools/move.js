/** Move: drag a piece to another position; its handles rotate and scale it. */

import { changePiece } from "../../core/work-changes.js";
import { selectPiece } from "../../core/actions.js";
import { modelSize, targetPiece, work } from "../../core/state.js";
import { bounds, valueAt } from "../../masks/mask.js";
import { placement } from "../surface.js";

/** @import { Piece, Point } from "../../core/types.js" */
/** @import { Inks, Tool } from "./tool.js" */

const HANDLE = 7; // radius on the screen
const REACH = { mouse: 14, pen: 18, touch: 26 };
const STALK = 28; // from the box to the handle that turns

/** Where the handles of a piece lie on the canvas. @param {Piece} piece @param {number} scale */
function handles(piece, scale) {
  const box = bounds(piece.mask);
  if (!box) return null;
  const matrix = placement(piece);
  const at = (/** @type {number} */ x, /** @type {number} */ y) => matrix.transformPoint({ x, y });
  const stalk = STALK / scale / piece.scale;
  return {
    corners: [
      at(box.x, box.y),
      at(box.x + box.width, box.y),
      at(box.x + box.width, box.y + box.height),
      at(box.x, box.y + box.height),
    ],
    centre: at(box.x + box.width / 2, box.y + box.height / 2),
    top: at(box.x + box.width / 2, box.y),
    turn: at(box.x + box.width / 2, box.y - stalk),
    scale: at(box.x + box.width, box.y + box.height),
  };
}

/** @param {Point} a @param {Point} b */
const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

/** @param {Point} from @param {Point} to */
const angle = (from, to) => (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;

/** @param {number} degrees */
const wrap = (degrees) => ((((degrees + 180) % 360) + 360) % 360) - 180;

/** Moves the chosen piece. @param {number} dx @param {number} dy */
export function nudge(dx, dy) {
  const piece = targetPiece();
  if (!piece) return false;
  work.set(shifted(piece, dx, dy));
  return true;
}

/** @param {Piece} piece @param {number} dx @param {number} dy */
function shifted(piece, dx, dy) {
  const limit = modelSize();
  const clamp = (/** @type {number} */ value) =>
    Math.min(Math.max(Math.round(value), -limit), limit);
  const shift = /** @type {const} */ ([clamp(piece.shift[0] + dx), clamp(piece.shift[1] + dy)]);
  return changePiece(work.value, piece.key, { shift });
}

/** @implements {Tool} */
export class MoveTool {
  cursor = "move";
  /** @type {((point: Point) => void) | null} */ #drag = null;

  /** @param {Point} point @param {PointerEvent} event @param {number} scale */
  start(point, event, scale) {
    const chosen = targetPiece();
    this.#drag =
      (chosen && this.#grabHandle(chosen, point, event, scale)) ?? this.#grabPiece(point);
  }

  /** @param {Piece} piece @param {Point} point @param {PointerEvent} event @param {number} scale */
  #grabHandle(piece, point, event, scale) {
    const found = handles(piece, scale);
    if (!found) return null;
    const reach = REACH[/** @type {keyof typeof REACH} */ (event.pointerType)] ?? REACH.mouse;
    const { centre } = found;
    if (distance(point, found.turn) * scale < reach) {
      const before = angle(centre, point);
      return (/** @type {Point} */ now) => {
        const rotation = Math.round(wrap(piece.rotation + angle(centre, now) - before));
        work.set(changePiece(work.value, piece.key, { rotation }));
      };
    }
    if (distance(point, found.scale) * scale < reach) {
      const before = distance(centre, point);
      return (/** @type {Point} */ now) => {
        const wanted = (piece.scale * distance(centre, now)) / before;
        const rounded = Math.round(100 * Math.min(Math.max(wanted, 0.5), 2)) / 100;
        work.set(changePiece(work.value, piece.key, { scale: rounded }));
      };
    }
    return null;
  }

  /** @param {Point} point */
  #grabPiece(point) {
    const isUnder = (/** @type {Piece} */ piece) =>
      valueAt(piece.mask, placement(piece).inverse().transformPoint(point)) > 40;
    const piece = [...work.value.pieces].reverse().find((one) => !one.isHidden && isUnder(one));
    if (!piece) return null;
    selectPiece(piece.key);
    return (/** @type {Point} */ now) => work.set(shifted(piece, now.x - point.x, now.y - point.y));
  }

  /** @param {Point[]} points */
  move(points) {
    const last = points.at(-1);
    if (last) this.#drag?.(last);
  }

  end() {
    this.#drag = null;
    work.commit();
  }

  cancel() {
    this.#drag = null;
    work.cancel();
  }

  /** @param {CanvasRenderingContext2D} context @param {number} scale @param {Inks} inks */
  draw(context, scale, inks) {
    const piece = targetPiece();
    const found = piece && !piece.isHidden && handles(piece, scale);
    if (!found) return;
    context.lineWidth = 1 / scale;
    context.strokeStyle = inks.line;
    context.beginPath();
    for (const corner of found.corners) context.lineTo(corner.x, corner.y);
    context.closePath();
    context.moveTo(found.top.x, found.top.y);
    context.lineTo(found.turn.x, found.turn.y);
    context.stroke();
    for (const point of [found.turn, found.scale]) {
      context.beginPath();
      context.arc(point.x, point.y, HANDLE / scale, 0, 2 * Math.PI);
      context.fillStyle = inks.line;
      context.fill();
      context.lineWidth = 2 / scale;
      context.strokeStyle = inks.accent;
      context.stroke();
    }
  }
}
