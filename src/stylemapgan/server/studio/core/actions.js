/** What people do on the page, each as one function: pictures, models, the square. */

import { LARGEST_UPLOAD } from "./limits.js";
import * as edits from "./edits.js";
import * as shelves from "./shelf.js";
import { currentModel, desk, EMPTY_WORK, work } from "./state.js";
import { toast } from "./notices.js";

/** @import { Model, Push, Square, Target, Work } from "./types.js" */

/** @type {Target} */
const NEW_PIECE = { kind: "piece", key: null };

/** The slot of the work a picture goes to. @typedef {"source" | "references"} Slot */

/** Puts a picture of the shelf into the work. @param {string} key @param {Slot} slot */
export async function choose(key, slot) {
  const id = await shelves.ready(key).catch(() => null); // its tile says why
  if (id) place(id, slot);
}

/** @param {string} id @param {Slot} slot */
function place(id, slot) {
  if (slot === "source") {
    work.do({ ...work.value, source: id });
  } else {
    work.do(edits.addReference(work.value, id));
    selectReference(id);
  }
}

/** Strokes now take this reference: they go on with its newest piece, if it has one.
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

/** The next stroke starts another piece of the same reference. */
export function startPiece() {
  desk.patch({ target: NEW_PIECE });
}

/** @param {string} id */
export const removeReference = (id) => work.do(edits.removeReference(work.value, id));

/** After undo, or when a reference goes: strokes take one that is still there. */
export function keepSelection() {
  const { references } = work.value;
  if (references.includes(desk.value.reference ?? "")) return;
  const last = references.at(-1);
  if (last) selectReference(last);
  else if (desk.value.reference) desk.patch({ reference: null, target: NEW_PIECE });
}

/** Takes the user's files in; each shows on the shelf at once, with its error if it has one.
 * @param {Iterable<File>} files @param {Slot} slot */
export async function addFiles(files, slot) {
  for (const file of files) {
    if (file.size > LARGEST_UPLOAD) {
      toast(
        `${file.name} is larger than ${LARGEST_UPLOAD / 1e6} MB. Save it smaller and try again.`,
      );
      continue;
    }
    await choose(shelves.addUpload(file, file.name || "Photo"), slot);
  }
}

/** A random picture of the model's subject. @param {Slot} slot */
export function rollDice(slot) {
  return choose(shelves.addRandom(Math.floor(Math.random() * 1e6)), slot);
}

/** Gives a picture another square; everything made from the old one follows.
 * @param {string} key @param {{square?: Square | null, find?: string}} wish */
export async function reframe(key, wish) {
  const before = shelves.entryByKey(key).stylemap?.id;
  const id = await shelves.ready(key, wish);
  if (!before || before === id) return;
  work.do(edits.rename(work.value, new Map([[before, id]])));
  if (desk.value.reference === before) desk.patch({ reference: id });
}

/** @param {Work} value */
const stylemapsIn = ({ source, references }) => [...(source ? [source] : []), ...references];

/** Starts with a model: its first sample as source, the next as reference.
 * @param {string} name */
export async function start(name) {
  const model = desk.value.models.find((one) => one.name === name) ?? desk.value.models[0];
  work.restart({ ...EMPTY_WORK, model: model.name });
  desk.patch({ reference: null, target: NEW_PIECE, canvas: "source" });
  shelves.stock(model);
  const samples = shelves.shelf.value.filter((entry) => entry.origin === "sample");
  const [source, reference] = samples.map((entry) => entry.key);
  if (source) await choose(source, "source");
  if (reference) await choose(reference, "references");
  if (work.value.model === model.name) work.restart(work.value);
}

/** Goes on with another model: the same pictures if it knows the same subject.
 * @param {string} name */
export async function switchModel(name) {
  const before = currentModel();
  const model = desk.value.models.find((one) => one.name === name);
  if (!before || !model || model === before) return;
  const isSameSubject = before.samples.join() === model.samples.join();
  if (!isSameSubject) return start(name);
  const old = work.value;
  desk.patch({ busy: `Moving to ${model.title}` });
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
    ...edits.rename(old, names),
    model: model.name,
    pushes: old.pushes.filter(isKnown),
  };
  work.restart(edits.rescale(moved, before.image_size, model.image_size));
  const chosen = reference && names.get(reference);
  if (chosen) selectReference(chosen);
}

/** Makes everything again after the server forgot it (it expires, it restarts). */
export async function recover() {
  desk.patch({ busy: "Sending the pictures again" });
  try {
    const names = await shelves.remake(stylemapsIn(work.value), { isForgotten: true });
    work.rewrite((value) => edits.rename(value, names));
    const { reference } = desk.value;
    desk.patch({ reference: (reference && names.get(reference)) ?? reference });
  } finally {
    desk.patch({ busy: null });
  }
}
