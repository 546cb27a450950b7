/** Changes of the work, as pure functions from one work to the next. */

import { emptyMask, resize } from "../masks/mask.js";

/** @import { Mask, Piece, Push, Work } from "./types.js" */

/** @param {Work} work */
function freshKey({ pieces }) {
  const numbers = pieces.map((piece) => Number(piece.key.slice(1)));
  return `p${Math.max(0, ...numbers) + 1}`;
}

/** @param {Work} work @param {string} reference @param {number} size
 * @returns {{work: Work, key: string}} */
export function addPiece(work, reference, size) {
  const key = freshKey(work);
  /** @type {Piece} */
  const piece = {
    key,
    reference,
    mask: emptyMask(size),
    shift: [0, 0],
    strength: 1,
    rotation: 0,
    scale: 1,
    space: "w-plus",
    isHidden: false,
  };
  return { work: { ...work, pieces: [...work.pieces, piece] }, key };
}

/** @param {Work} work @param {string} key @param {Partial<Piece>} fields @returns {Work} */
export function changePiece(work, key, fields) {
  const pieces = work.pieces.map((piece) => (piece.key === key ? { ...piece, ...fields } : piece));
  return { ...work, pieces };
}

/** @param {Work} work @param {string} key @returns {Work} */
export const removePiece = (work, key) => ({
  ...work,
  pieces: work.pieces.filter((piece) => piece.key !== key),
});

/** Changes the order: later pieces lie on top.
 * @param {Work} work @param {string} key @param {number} step @returns {Work} */
export function raisePiece(work, key, step) {
  const pieces = [...work.pieces];
  const from = pieces.findIndex((piece) => piece.key === key);
  const to = from + step;
  if (from < 0 || to < 0 || to >= pieces.length) return work;
  pieces.splice(to, 0, ...pieces.splice(from, 1));
  return { ...work, pieces };
}

/** @param {Work} work @param {string} direction @returns {Push} */
export const findPush = (work, direction) =>
  work.pushes.find((push) => push.direction === direction) ?? { direction, amount: 0, mask: null };

/** @param {Work} work @param {string} direction @param {Partial<Push>} fields @returns {Work} */
export function changePush(work, direction, fields) {
  const changed = { ...findPush(work, direction), ...fields };
  const others = work.pushes.filter((push) => push.direction !== direction);
  const isIdle = changed.amount === 0 && changed.mask === null;
  return { ...work, pushes: isIdle ? others : [...others, changed] };
}

/** @param {Work} work @param {string} id @returns {Work} */
export const addReference = (work, id) =>
  work.references.includes(id) ? work : { ...work, references: [...work.references, id] };

/** Removes a reference and its pieces.
 * @param {Work} work @param {string} id @returns {Work} */
export const removeReference = (work, id) => ({
  ...work,
  references: work.references.filter((reference) => reference !== id),
  pieces: work.pieces.filter((piece) => piece.reference !== id),
});

/** The same work with other stylemaps: after a new crop, or for another model.
 * @param {Work} work @param {ReadonlyMap<string, string>} names @returns {Work} */
export function rename(work, names) {
  const rename = (/** @type {string} */ id) => names.get(id) ?? id;
  return {
    ...work,
    source: work.source && rename(work.source),
    references: [...new Set(work.references.map(rename))],
    pieces: work.pieces.map((piece) => ({ ...piece, reference: rename(piece.reference) })),
  };
}

/** The same work with every piece as it was painted, for a model that cannot place pieces.
 * @param {Work} work @returns {Work} */
export function unplaced(work) {
  /** @type {Pick<Piece, "shift" | "rotation" | "scale" | "space">} */
  const unmoved = { shift: [0, 0], rotation: 0, scale: 1, space: "w-plus" };
  return { ...work, pieces: work.pieces.map((piece) => ({ ...piece, ...unmoved })) };
}

/** The same work on pictures of another size.
 * @param {Work} work @param {number} from @param {number} to @returns {Work} */
export function rescale(work, from, to) {
  const scale = (/** @type {Mask | null} */ mask) => mask && resize(mask, to);
  const move = (/** @type {number} */ length) => Math.round((length * to) / from);
  return {
    ...work,
    pieces: work.pieces.map((piece) => ({
      ...piece,
      mask: resize(piece.mask, to),
      shift: [move(piece.shift[0]), move(piece.shift[1])],
    })),
    pushes: work.pushes.map((push) => ({ ...push, mask: scale(push.mask) })),
  };
}
