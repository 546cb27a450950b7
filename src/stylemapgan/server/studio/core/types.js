/**
 * The shapes of data that modules share. Nothing runs here.
 *
 * Lengths called "model pixels" are pixels of the model's own square picture, S on each side.
 */

/** A mask: S times S bytes, row by row; 0 keeps the source, 255 takes the reference.
 * Masks never change: every edit makes a new one.
 * @typedef {Uint8Array<ArrayBuffer>} Mask */

/** @typedef {{x: number, y: number}} Point */
/** @typedef {{x: number, y: number, width: number, height: number}} Box */

/** The square of a photo that the model sees: centre and side in photo pixels, degrees clockwise.
 * @typedef {{x: number, y: number, side: number, rotation: number}} Square */

/** @typedef {{name: string, label: string, accuracy: number | null}} Direction */

/** Requests and fields of an edit that models of some methods do not support.
 * @typedef {"generate" | "interpolate" | "mix" | "move" | "shift" | "space" | "detail"} Ability */

/** @typedef {{
 *   name: string, title: string, method: string, can: Ability[], image_size: number, stylemap_size: number,
 *   is_default: boolean, engine: string, about: string, licence: string, data: string,
 *   directions: Direction[], parts: {name: string, label: string}[], samples: string[],
 *   has_library: boolean,
 *   sample_credit: string | null,
 * }} Model */

/** @typedef {{id: string, width: number, height: number, name: string}} Photo */

/** @typedef {"good" | "doubtful" | "outside" | "unknown"} Verdict */

/** @typedef {{
 *   id: string, model: string, photo: string | null, square: Square | null,
 *   fit: {error: number, verdict: Verdict, message: string} | null,
 * }} Stylemap */

/** A reference of the server's library that would fit a region.
 * @typedef {{name: string, stylemap: Stylemap, score: number, seam: number, change: number}}
 *   Suggestion */

/** @typedef {{name: string, label: string, area: number, mask: Mask}} Part */

/** A painted part of a reference, and its placement on the source.
 * @typedef {{
 *   key: string, reference: string, mask: Mask,
 *   shift: readonly [number, number], strength: number, rotation: number, scale: number,
 *   space: "w" | "w-plus", isHidden: boolean,
 * }} Piece */

/** How far to go along a direction, everywhere or inside a mask.
 * @typedef {{direction: string, amount: number, mask: Mask | null}} Push */

/** The work: what undo and redo walk through, what a project file keeps.
 * `source` and the references of pieces are ids of stylemaps.
 * @typedef {{
 *   model: string, source: string | null,
 *   references: readonly string[],
 *   pieces: readonly Piece[], pushes: readonly Push[],
 *   morph: number,
 * }} Work */

/** @typedef {"brush" | "eraser" | "lasso" | "rectangle" | "parts" | "move"} ToolName */

/** A picture on the canvas: the edited source, or the selected reference.
 * @typedef {"source" | "reference"} Canvas */

/** What strokes go to: a piece (or, with no key, a new one) or the mask of a push.
 * @typedef {{kind: "piece", key: string | null} | {kind: "push", direction: string}} Target */

export {};
