/** The work as one file that opens again: photos, squares, masks, sliders. */

import { photoFile } from "./api.js";
import * as edits from "./edits.js";
import * as shelves from "./shelf.js";
import { desk, EMPTY_WORK, work } from "./state.js";
import { decodeGrey, encodeGrey } from "../masks/png.js";
import { selectReference } from "./actions.js";

/** @import { Mask, Piece, Push, Square, Work } from "./types.js" */

const FORMAT = "stylemapgan-studio";
const VERSION = 1;

/** @typedef {{id: string, name: string, seed: number | null, sample: string | null,
 *   photo: string | null, square: Square | null}} SavedPicture `photo`: a data: address */

/** @typedef {{format: string, version: number, model: string, pictures: SavedPicture[],
 *   work: any}} Project */

/** @param {Blob} blob @returns {Promise<string>} */
function toAddress(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** @param {string} address a data: address */
function toBlob(address) {
  const [, type, text] = /^data:([^;,]*);base64,(.*)$/.exec(address) ?? [];
  if (text === undefined) throw new Error("The project holds a photo that cannot be read.");
  return new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], { type });
}

/** @param {string} id @returns {Promise<SavedPicture>} */
async function savePicture(id) {
  const entry = shelves.entryOf(id);
  const { seed = null, sample = null, name = "Picture" } = entry ?? {};
  const square = shelves.stylemapOf(id)?.square ?? null;
  if (!entry || seed !== null) return { id, name, seed, sample, photo: null, square };
  const blob = entry.blob ?? (await photoFile(work.value.model, entry.sample ?? ""));
  return { id, name, seed, sample, photo: await toAddress(blob), square };
}

/** @returns {Promise<Project>} */
export async function saveProject() {
  const { model, source, references, pieces, pushes, morph } = work.value;
  const used = new Set([...(source ? [source] : []), ...references]);
  const code = (/** @type {Mask | null} */ mask) => mask && encodeGrey(mask);
  return {
    format: FORMAT,
    version: VERSION,
    model,
    pictures: await Promise.all([...used].map(savePicture)),
    work: {
      source,
      references,
      pieces: pieces.map((piece) => ({ ...piece, mask: code(piece.mask) })),
      pushes: pushes.map((push) => ({ ...push, mask: code(push.mask) })),
      morph,
    },
  };
}

/** @param {string} text @returns {Project} */
function parse(text) {
  /** @type {Project | null} */
  let project = null;
  try {
    project = JSON.parse(text);
  } catch {
    // told below
  }
  if (project?.format !== FORMAT) throw new Error("This file is not a project of the Studio.");
  if (project.version > VERSION)
    throw new Error("This project comes from a newer Studio. Update and open it again.");
  return project;
}

/** Puts a saved picture on the shelf, or finds the sample it was. @param {SavedPicture} picture */
function putBack({ name, seed, sample, photo }) {
  if (seed !== null) return shelves.addRandom(seed);
  const known = sample && shelves.shelf.value.find((entry) => entry.sample === sample);
  return known ? known.key : shelves.addUpload(toBlob(photo ?? ""), name);
}

/** Opens what `saveProject` wrote. @param {string} text */
export async function openProject(text) {
  const project = parse(text);
  const model = desk.value.models.find((one) => one.name === project.model);
  if (!model)
    throw new Error(
      `The project needs the model ${project.model}, which this server does not have.`,
    );
  const layers = await decodeLayers(project.work);
  work.restart({ ...EMPTY_WORK, model: model.name });
  shelves.stock(model);
  const names = new Map();
  for (const picture of project.pictures) {
    const { id, square } = picture;
    names.set(id, await shelves.ready(putBack(picture), square ? { square } : undefined));
  }
  const { source, references, morph } = project.work;
  work.restart(edits.rename({ model: model.name, source, references, morph, ...layers }, names));
  const last = work.value.references.at(-1);
  if (last) selectReference(last);
}

/** @param {any} saved @returns {Promise<Pick<Work, "pieces" | "pushes">>} */
async function decodeLayers({ pieces, pushes }) {
  const decode = (/** @type {string | null} */ code) =>
    code ? decodeGrey(`data:image/png;base64,${code}`) : null;
  const open = (/** @type {any[]} */ layers) =>
    Promise.all(layers.map(async (layer) => ({ ...layer, mask: await decode(layer.mask) })));
  return {
    pieces: /** @type {Piece[]} */ (await open(pieces)),
    pushes: /** @type {Push[]} */ (await open(pushes)),
  };
}
