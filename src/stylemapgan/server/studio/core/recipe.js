/** From the work on the page to the recipe the server cooks. */

import { encodeGrey } from "../masks/png.js";
import { isEmpty } from "../masks/mask.js";

/** @import { Mask, Piece, Push, Work } from "./types.js" */

/** A layer whose mask travels apart from its other fields.
 * @typedef {{key: string, mask: Mask | null, fields: object}} Layer */

/** @param {Piece} piece @param {number} morph @returns {Layer} */
function pieceLayer({ key, reference, mask, shift, strength, rotation, scale, space }, morph) {
  const fields = { key, reference, shift, strength: strength * morph, rotation, scale, space };
  return { key, mask, fields };
}

/** The key tells local from everywhere: the server keeps the mask of a key it knows.
 * @param {Push} push @param {number} morph @returns {Layer} */
function pushLayer({ direction, amount, mask }, morph) {
  const key = mask ? `${direction} local` : direction;
  return { key, mask, fields: { key, direction, amount: amount * morph } };
}

/** What the server needs: hidden and empty pieces, and directions at zero, stay here.
 * The morph slider multiplies every strength. @param {Work} work */
export function toLayers({ pieces, pushes, morph }) {
  const shown = pieces.filter((piece) => !piece.isHidden && !isEmpty(piece.mask));
  const active = pushes.filter((push) => push.amount !== 0);
  return {
    parts: shown.map((piece) => pieceLayer(piece, morph)),
    pushes: active.map((push) => pushLayer(push, morph)),
  };
}

/** @param {Layer} layer */
const withMask = ({ mask, fields }) => ({ ...fields, mask: mask && { png: encodeGrey(mask) } });

/** The whole recipe with all its masks; a push whose place is not painted yet changes nothing.
 * @param {Work} work */
export function toRecipe(work) {
  const { parts, pushes } = toLayers(work);
  const placed = pushes.filter(({ mask }) => !mask || !isEmpty(mask));
  return { source: work.source, parts: parts.map(withMask), pushes: placed.map(withMask) };
}
