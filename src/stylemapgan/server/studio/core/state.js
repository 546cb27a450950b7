/**
 * The page's state, in three stores: the work, which undo and redo change; the desk, which they do
 * not (tool, selection, view); and the newest frame from the server.
 */

import { History, Store } from "./store.js";

/** @import { Look } from "./looks.js" */
/** @import { Ability, Canvas, Model, Suggestion, Target, ToolName, Work } from "./types.js" */

/** @type {Work} */
export const EMPTY_WORK = {
  model: "",
  source: null,
  references: [],
  pieces: [],
  pushes: [],
  morph: 1,
};

export const work = new History(EMPTY_WORK);

/** @typedef {{
 *   models: readonly Model[],
 *   tool: ToolName, brushSize: number, softness: number, isSubtracting: boolean,
 *   reference: string | null, target: Target,
 *   isSplit: boolean, canvas: Canvas, view: "raw" | "pasted", detail: boolean,
 *   isComparing: boolean, against: Look,
 *   slot: "source" | "references", sheet: "pictures" | "pieces" | "directions" | null,
 *   connection: "connecting" | "live" | "offline", milliseconds: number | null,
 *   busy: string | null, hasPainted: boolean,
 * }} Desk `isSplit`: both pictures are on the canvas; `canvas`: the one that strokes go on */

/** @type {Store<Desk>} */
export const desk = new Store(
  /** @type {Desk} */ ({
    models: [],
    tool: "brush",
    brushSize: 0.16,
    softness: 0.5,
    isSubtracting: false,
    reference: null,
    target: { kind: "piece", key: null },
    isSplit: true,
    canvas: "reference",
    view: "raw",
    detail: true,
    isComparing: false,
    against: "original",
    slot: "references",
    sheet: null,
    connection: "connecting",
    milliseconds: null,
    busy: null,
    hasPainted: false,
  }),
);

/** The newest suggestions, and what they were made for. */
export const suggestions = new Store(
  /** @type {{subject: string, found: readonly Suggestion[]}} */ ({ subject: "", found: [] }),
);

/** @typedef {{picture: ImageBitmap | null, arrived: number}} Frame `arrived`: frames so far */

/** The newest picture of the result. */
export const frame = new Store(/** @type {Frame} */ ({ picture: null, arrived: 0 }));

/** @param {ImageBitmap | null} picture */
export function showFrame(picture) {
  const { picture: old, arrived } = frame.value;
  frame.set({ picture, arrived: picture ? arrived + 1 : arrived });
  old?.close();
}

/** The model in use. @returns {Model | undefined} */
export function currentModel() {
  return desk.value.models.find((model) => model.name === work.value.model);
}

/** Whether the model in use has an ability. @param {Ability} ability */
export const can = (ability) => currentModel()?.can.includes(ability) ?? true;

/** Pixels on a side of the model's picture: the size of every mask. */
export function modelSize() {
  return currentModel()?.image_size ?? 64;
}

/** The pictures on the canvas, in order; the reference only if strokes can go on it.
 * @returns {readonly Canvas[]} */
export function shownCanvases() {
  const { isSplit, isComparing, canvas, reference, target } = desk.value;
  if (!reference || isComparing || target.kind === "push") return ["source"];
  return isSplit ? ["reference", "source"] : [canvas];
}

/** The picture that strokes go on. */
export function activeCanvas() {
  const shown = shownCanvases();
  return shown.includes(desk.value.canvas) ? desk.value.canvas : shown[0];
}

/** Starts or ends comparing the result with what it was before. */
export const toggleComparison = () => desk.patch({ isComparing: !desk.value.isComparing });

/** The piece strokes go to, if there is one. */
export function targetPiece() {
  const { target } = desk.value;
  if (target.kind !== "piece") return undefined;
  return work.value.pieces.find((piece) => piece.key === target.key);
}
