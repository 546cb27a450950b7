/** Project files: photos, squares, masks and sliders, to be opened again. */

import { selectReference } from "./actions.js";
import { photoFile } from "./api.js";
import { fromSavedEdit, toSavedEdit } from "./edit.js";
import * as shelves from "./shelf.js";
import { desk, EMPTY_WORK, work } from "./state.js";
import * as changes from "./work-changes.js";

/** @import { Square } from "./types.js" */

const FORMAT = "stylemapgan-studio";
const VERSION = 2;

/** @typedef {{id: string, name: string, seed: number | null, sample: string | null,
 *   photo: string | null, square: Square | null}} SavedPicture `photo`: a data URL */

/** `edit` is the edit of the HTTP API; `hidden` are the keys of hidden parts.
 * @typedef {{format: string, version: number, model: string, pictures: SavedPicture[],
 *   source: string | null, references: readonly string[],
 *   edit: {parts: any[], pushes: any[]}, hidden: string[], morph: number}} Project */

/** @param {Blob} blob @returns {Promise<string>} */
function toDataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** @param {string} url a data URL */
function toBlob(url) {
  const [, type, text] = /^data:([^;,]*);base64,(.*)$/.exec(url) ?? [];
  if (text === undefined) throw new Error("Cannot open the project: a photo in it is damaged.");
  return new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], { type });
}

/** @param {string} id @returns {Promise<SavedPicture>} */
async function savePicture(id) {
  const entry = shelves.entryOf(id);
  const { seed = null, sample = null, name = "Picture" } = entry ?? {};
  const square = shelves.stylemapOf(id)?.square ?? null;
  if (!entry || seed !== null) return { id, name, seed, sample, photo: null, square };
  const blob = entry.blob ?? (await photoFile(work.value.model, entry.sample ?? ""));
  return { id, name, seed, sample, photo: await toDataUrl(blob), square };
}

/** @returns {Promise<Project>} */
export async function saveProject() {
  const { model, source, references, pieces, morph } = work.value;
  const used = new Set([...(source ? [source] : []), ...references]);
  return {
    format: FORMAT,
    version: VERSION,
    model,
    pictures: await Promise.all([...used].map(savePicture)),
    source,
    references,
    edit: toSavedEdit(work.value),
    hidden: pieces.filter((piece) => piece.isHidden).map((piece) => piece.key),
    morph,
  };
}

/** @param {string} text @returns {Project} */
function parse(text) {
  /** @type {any} */
  let project = null;
  try {
    project = JSON.parse(text);
  } catch {
    // reported below
  }
  if (project?.format !== FORMAT) throw new Error("This file is not a Studio project.");
  if (project.version > VERSION)
    throw new Error("This project needs a newer Studio. Update stylemapgan and try again.");
  return project.version === 1 ? fromVersion1(project) : project;
}

/** Before version 2, masks were base64 without a name, and pieces knew whether they are hidden.
 * @param {any} project @returns {Project} */
function fromVersion1({ work: { pieces, pushes, ...others }, ...project }) {
  const withMask = (/** @type {any} */ { mask, ...fields }) => ({
    ...fields,
    mask: mask && { png: mask },
  });
  const edit = { parts: pieces.map(withMask), pushes: pushes.map(withMask) };
  const hidden = pieces.filter((/** @type {any} */ piece) => piece.isHidden);
  return { ...project, ...others, edit, hidden: hidden.map((/** @type {any} */ one) => one.key) };
}

/** Puts a saved picture on the shelf, or finds the sample it was. @param {SavedPicture} picture */
function restorePicture({ name, seed, sample, photo }) {
  if (seed !== null) return shelves.addRandom(seed);
  const known = sample && shelves.shelf.value.find((entry) => entry.sample === sample);
  return known ? known.key : shelves.addUpload(toBlob(photo ?? ""), name);
}

/** Opens a project file. @param {string} text */
export async function openProject(text) {
  const project = parse(text);
  const model = desk.value.models.find((one) => one.name === project.model);
  if (!model)
    throw new Error(`The project needs the model ${project.model}, which this server lacks.`);
  const layers = await fromSavedEdit(project.edit, project.hidden);
  work.restart({ ...EMPTY_WORK, model: model.name });
  shelves.stock(model);
  const names = new Map();
  for (const picture of project.pictures) {
    const { id, square } = picture;
    names.set(id, await shelves.ready(restorePicture(picture), square ? { square } : undefined));
  }
  const { source, references, morph } = project;
  work.restart(changes.rename({ model: model.name, source, references, morph, ...layers }, names));
  desk.patch({ hasPainted: desk.value.hasPainted || layers.pieces.length > 0 });
  const last = work.value.references.at(-1);
  if (last) selectReference(last);
}
