/** Actions of the user, one function each: pictures, models, the square. */

import { toast } from "../components/toasts.js";
import * as changes from "./work-changes.js";
import * as shelves from "./shelf.js";
import { currentModel, desk, EMPTY_WORK, showFrame, work } from "./state.js";

/** @import { Model, Push, Square, Suggestion, Target, Work } from "./types.js" */

const LARGEST_UPLOAD = 40_000_000; // bytes; the server has a limit of its own
/** @type {Target} */
const NEW_PIECE = { kind: "piece", key: null };

/** The slot of the work a picture goes to. @typedef {"source" | "references"} Slot */

/** Uses a picture of the shelf as source or reference. @param {string} key @param {Slot} slot */
export async function choose(key, slot) {
  const id = await shelves.ready(key).catch(() => null); // its tile shows the error
  if (id) place(id, slot);
}

/** @param {string} id @param {Slot} slot */
function place(id, slot) {
  if (slot === "source") {
    work.do({ ...work.value, source: id });
  } else {
    work.do(changes.addReference(work.value, id));
    selectReference(id);
  }
}

/** Strokes now paint with this reference, on its newest piece if it has one.
 * @param {string} id */
export function selectReference(id) {
  const pieces = work.value.pieces.filter((piece) => piece.reference === id);
  const key = pieces.at(-1)?.key ?? null;
  desk.patch({ reference: id, target: { kind: "piece", key } });
}

/** @param {string} key */
export function selectPiece(key) {
  const piece = work.value.pieces.find((one) => one.key === key);
  if (piece) desk.patch({ reference: piece.reference, target: { kind: "piece", key } });
}

/** The next stroke starts a new piece of the same reference. */
export function startPiece() {
  desk.patch({ target: NEW_PIECE });
}

/** @param {string} id */
export const removeReference = (id) => work.do(changes.removeReference(work.value, id));

/** After undo, or when a reference is removed: selects one that still exists. */
export function keepSelection() {
  const { references } = work.value;
  if (references.includes(desk.value.reference ?? "")) return;
  const last = references.at(-1);
  if (last) selectReference(last);
  else if (desk.value.reference) desk.patch({ reference: null, target: NEW_PIECE });
}

/** Adds the user's files to the shelf; a tile shows the error of its file.
 * @param {Iterable<File>} files @param {Slot} slot */
export async function addFiles(files, slot) {
  for (const file of files) {
    if (file.size > LARGEST_UPLOAD) {
      toast(
        `${file.name} is larger than ${LARGEST_UPLOAD / 1e6} MB. Shrink it and try again.`,
      );
      continue;
    }
    await choose(shelves.addUpload(file, file.name || "Photo"), slot);
  }
}

/** Paints a piece with a suggested reference. @param {Suggestion} suggestion @param {string} piece */
export async function takeSuggestion(suggestion, piece) {
  const reference = await shelves.addSuggested(suggestion);
  const value = changes.addReference(work.value, reference);
  work.do(changes.changePiece(value, piece, { reference }));
  selectPiece(piece);
}

/** A random picture of the model's subject. @param {Slot} slot */
export function rollDice(slot) {
  return choose(shelves.addRandom(Math.floor(Math.random() * 1e6)), slot);
}

/** Gives a picture another square, and updates everything that uses it.
 * @param {string} key @param {{square?: Square | null, find?: string}} wish */
export async function reframe(key, wish) {
  const before = shelves.entryByKey(key).stylemap?.id;
  const id = await shelves.ready(key, wish);
  if (!before || before === id) return;
  work.do(changes.rename(work.value, new Map([[before, id]])));
  if (desk.value.reference === before) desk.patch({ reference: id });
}

/** @param {Work} value */
const stylemapsIn = ({ source, references }) => [...(source ? [source] : []), ...references];

/** Starts with a model: its first sample as source, the next as reference.
 * @param {string} name */
export async function start(name) {
  const model = desk.value.models.find((one) => one.name === name) ?? desk.value.models[0];
  work.restart({ ...EMPTY_WORK, model: model.name });
  desk.patch({ reference: null, target: NEW_PIECE, canvas: "reference", isComparing: false });
  shelves.stock(model);
  if (!model.samples.length) showFrame(null); // nothing of this model will replace the picture
  const samples = shelves.shelf.value.filter((entry) => entry.origin === "sample");
  const first = samples.slice(0, 2).map(({ key }) => shelves.ready(key).catch(() => null));
  const [source, reference] = await Promise.all(first); // together: both pictures appear at once
  if (work.value.model !== model.name) return; // another model was chosen meanwhile
  if (source) place(source, "source");
  if (reference) place(reference, "references");
  work.restart(work.value);
}

/** Switches to another model; keeps the pictures if it knows the same subject.
 * @param {string} name */
export async function switchModel(name) {
  const before = currentModel();
  const model = desk.value.models.find((one) => one.name === name);
  if (!before || !model || model === before) return;
  const isSameSubject = before.samples.join() === model.samples.join();
  if (!isSameSubject) return start(name);
  const old = work.value;
  desk.patch({ busy: `Switching to ${model.title}` });
  try {
    await carryOver(old, before, model);
  } catch (error) {
    shelves.relabel(before.name);
    work.restart(old);
    toast(error instanceof Error ? error.message : String(error));
  } finally {
    desk.patch({ busy: null });
  }
}

/** @param {Work} old @param {Model} before @param {Model} model */
async function carryOver(old, before, model) {
  const isKnown = (/** @type {Push} */ push) =>
    model.directions.some((direction) => direction.name === push.direction);
  const { reference } = desk.value;
  work.set({ ...EMPTY_WORK, model: model.name });
  shelves.relabel(model.name);
  const names = await shelves.remake(stylemapsIn(old));
  const moved = {
    ...changes.rename(old, names),
    model: model.name,
    pushes: old.pushes.filter(isKnown),
  };
  const able = model.can.includes("shift") ? moved : changes.unplaced(moved);
  work.restart(changes.rescale(able, before.image_size, model.image_size));
  const chosen = reference && names.get(reference);
  if (chosen) selectReference(chosen);
}

/** Uploads and encodes everything again after the server lost it (expiry, restart). */
export async function recover() {
  desk.patch({ busy: "Uploading the pictures again" });
  try {
    const names = await shelves.remake(stylemapsIn(work.value), { isExpired: true });
    work.rewrite((value) => changes.rename(value, names));
    const { reference } = desk.value;
    desk.patch({ reference: (reference && names.get(reference)) ?? reference });
  } finally {
    desk.patch({ busy: null });
  }
}
