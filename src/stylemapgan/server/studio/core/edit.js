/** The edit in the JSON of the HTTP API and of project files, from the work on the page. */

import { isEmpty } from "../masks/mask.js";
import { decodeGrey, encodeGrey } from "../masks/png.js";

/** @import { Mask, Piece, Push, Work } from "./types.js" */

/** A part or push of the edit; its mask is separate, because it can be sent separately.
 * @typedef {{key: string, mask: Mask | null, fields: object}} Layer */

/** @param {Piece} piece @returns {Layer} */
function pieceLayer({ key, reference, mask, shift, strength, rotation, scale, space }) {
  return { key, mask, fields: { key, reference, shift, strength, rotation, scale, space } };
}

/** Local pushes have another key: the server keeps the mask of a key.
 * @param {Push} push @returns {Layer} */
function pushLayer({ direction, amount, mask }) {
  const key = mask ? `${direction} local` : direction;
  return { key, mask, fields: { key, direction, amount } };
}

/** The layers to show: without hidden and empty pieces, and directions at zero.
 * The morph slider multiplies strengths and amounts. @param {Work} work */
export function toLayers({ pieces, pushes, morph }) {
  const shown = pieces.filter((piece) => !piece.isHidden && !isEmpty(piece.mask));
  const active = pushes.filter((push) => push.amount !== 0);
  return {
    parts: shown.map((piece) => pieceLayer({ ...piece, strength: piece.strength * morph })),
    pushes: active.map((push) => pushLayer({ ...push, amount: push.amount * morph })),
  };
}

/** @param {Layer} layer */
const toJson = ({ mask, fields }) => ({ ...fields, mask: mask && { png: encodeGrey(mask) } });

/** The edit as shown, with all its masks; pushes whose mask is not painted yet are left out.
 * @param {Work} work */
export function toEdit(work) {
  const { parts, pushes } = toLayers(work);
  const painted = pushes.filter(({ mask }) => !mask || !isEmpty(mask));
  return { parts: parts.map(toJson), pushes: painted.map(toJson) };
}

/** The edit for a project file: everything, as the sliders show it. @param {Work} work */
export function toSavedEdit({ pieces, pushes }) {
  const parts = pieces.map(pieceLayer);
  return { parts: parts.map(toJson), pushes: pushes.map(pushLayer).map(toJson) };
}

/** Reads what `toSavedEdit` writes.
 * @param {{parts: any[], pushes: any[]}} edit @param {readonly string[]} hidden keys of pieces
 * @returns {Promise<Pick<Work, "pieces" | "pushes">>} */
export async function fromSavedEdit({ parts, pushes }, hidden) {
  const decode = (/** @type {{png: string} | null} */ mask) =>
    mask && decodeGrey(`data:image/png;base64,${mask.png}`);
  const toPiece = async (/** @type {any} */ { mask, ...fields }, /** @type {number} */ index) => ({
    key: `p${index + 1}`, // edits from elsewhere have no keys
    ...fields,
    mask: await decode(mask),
    isHidden: hidden.includes(fields.key),
  });
  const toPush = async (/** @type {any} */ { direction, amount, mask }) => ({
    direction,
    amount,
    mask: await decode(mask),
  });
  return {
    pieces: await Promise.all(parts.map(toPiece)),
    pushes: await Promise.all(pushes.map(toPush)),
  };
}
