/**
 * The available pictures: samples of the model, the user's photos, random ones.
 *
 * An entry is one picture, with its stylemap; another square or another model gives it another
 * stylemap. The work refers to stylemaps, so that undo can return to an earlier square.
 */

import * as api from "./api.js";
import { keepUrls, sampleSubject, uploadSubject } from "./picture-urls.js";
import { currentModel, suggestions, work } from "./state.js";
import { Store } from "./store.js";

/** @import { Model, Photo, Square, Stylemap, Suggestion } from "./types.js" */

/** @typedef {{
 *   key: string, name: string, origin: "sample" | "upload" | "random",
 *   sample: string | null, blob: Blob | null, seed: number | null,
 *   photo: Photo | null, stylemap: Stylemap | null,
 *   state: "idle" | "busy" | "ready" | "failed", error: string | null,
 * }} Entry */

export const shelf = new Store(/** @type {readonly Entry[]} */ ([]));

/** @type {Map<string, {entry: string, stylemap: Stylemap}>} all stylemaps of this page */
const stylemaps = new Map();
let made = 0;

/** @param {Partial<Entry> & {name: string, origin: Entry["origin"]}} fields @returns {Entry} */
function newEntry(fields) {
  made += 1;
  const blank = { sample: null, blob: null, seed: null, photo: null, stylemap: null };
  return { key: `e${made}`, ...blank, state: "idle", error: null, ...fields };
}

/** @param {Entry} entry */
function put(entry) {
  shelf.set([...shelf.value, entry]);
  return entry;
}

/** @param {string} key @param {Partial<Entry>} fields */
function change(key, fields) {
  shelf.set(shelf.value.map((entry) => (entry.key === key ? { ...entry, ...fields } : entry)));
}

/** @param {string} key @returns {Entry} */
export function entryByKey(key) {
  const entry = shelf.value.find((one) => one.key === key);
  if (!entry) throw new Error(`No picture ${key}.`);
  return entry;
}

/** The picture a stylemap was made from. @param {string | null} id */
export function entryOf(id) {
  const key = id && stylemaps.get(id)?.entry;
  return key ? shelf.value.find((entry) => entry.key === key) : undefined;
}

/** @param {string | null} id */
export const stylemapOf = (id) => (id ? stylemaps.get(id)?.stylemap : undefined);

/** @param {string} key @param {Stylemap} stylemap */
function keep(key, stylemap) {
  stylemaps.set(stylemap.id, { entry: key, stylemap });
  change(key, { stylemap, state: "ready", error: null });
  return stylemap.id;
}

/** Runs a step of preparing an entry; its tile shows an error.
 * @template T @param {string} key @param {() => Promise<T>} step */
async function attempt(key, step) {
  change(key, { state: "busy", error: null });
  try {
    return await step();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    change(key, { state: "failed", error: message });
    throw error;
  }
}

/** Shows another model's samples beside the user's pictures. @param {Model} model */
export function stock(model) {
  const samples = model.samples.map((sample) => {
    const name = `Sample ${sample.replace(/\.\w+$/, "").replaceAll("_", " ")}`;
    return newEntry({ name, origin: "sample", sample });
  });
  shelf.set([...samples, ...shelf.value.filter((entry) => entry.origin !== "sample")]);
  relabel(model.name);
}

/** Keeps every picture but no stylemap of another model. @param {string} model */
export function relabel(model) {
  const isCurrent = (/** @type {Entry} */ { stylemap }) => stylemap?.model === model;
  shelf.set(shelf.value.map((entry) => (isCurrent(entry) ? entry : outdated(entry))));
}

/** @param {Entry} entry @returns {Entry} */
const outdated = (entry) => ({ ...entry, stylemap: null, state: "idle", error: null });

/** Adds a user's file. @param {Blob} blob @param {string} name */
export const addUpload = (blob, name) => put(newEntry({ name, origin: "upload", blob })).key;

/** @param {number} seed */
export const addRandom = (seed) =>
  put(newEntry({ name: `Random ${seed}`, origin: "random", seed })).key;

const SUGGESTED = 1024; // pixels on a side of what is kept of a suggested photo

/** Adds a suggested photo: the square that the model saw of it, so that it outlives the server's
 * copy. @param {Suggestion} suggestion @returns {Promise<string>} its stylemap */
export async function addSuggested({ name, stylemap }) {
  if (entryOf(stylemap.id)) return stylemap.id;
  const blob = await api.squareFile(stylemap.id, SUGGESTED);
  const { key } = put(newEntry({ name, origin: "upload", blob }));
  const square = { x: SUGGESTED / 2, y: SUGGESTED / 2, side: SUGGESTED, rotation: 0 };
  return keep(key, { ...stylemap, square });
}

/** @param {string} key */
export function removeEntry(key) {
  shelf.set(shelf.value.filter((entry) => entry.key !== key));
}

/** The photo on the server, uploaded if necessary.
 * @param {Entry} entry @param {string} model @returns {Promise<Photo>} */
async function photoOf(entry, model) {
  if (entry.photo) return entry.photo;
  const photo = entry.blob
    ? await api.uploadPhoto(entry.blob, entry.name)
    : await api.takeSample(model, entry.sample ?? "");
  change(entry.key, { photo });
  return photo;
}

/** @type {Map<string, Promise<string>>} encodings in progress */
const inProgress = new Map();

/** The stylemap of an entry for the current model, encoded if there is none.
 * @param {string} key @param {{square?: Square | null, find?: string}} [wish] */
export function ready(key, wish) {
  const { stylemap } = entryByKey(key);
  if (stylemap && !wish) return Promise.resolve(stylemap.id);
  const pending = inProgress.get(key);
  if (pending && !wish) return pending;
  const encoding = attempt(key, () => makeStylemap(key, wish ?? {})).finally(() =>
    inProgress.delete(key),
  );
  inProgress.set(key, encoding);
  return encoding;
}

/** @param {string} key @param {{square?: Square | null, find?: string}} wish */
async function makeStylemap(key, { square = null, find }) {
  const entry = entryByKey(key);
  const model = currentModel()?.name ?? work.value.model;
  if (entry.seed !== null) return keep(key, await api.randomStylemap(model, entry.seed));
  const encode = async () => {
    const photo = await photoOf(entryByKey(key), model);
    return keep(key, await api.encode({ model, photo: photo.id, square, find }));
  };
  try {
    return await encode();
  } catch (error) {
    const isExpired = error instanceof api.ApiError && error.code === "unknown_photo";
    if (!entry.photo || !isExpired) throw error;
    change(key, { photo: null }); // expired, or its file was deleted: upload it again
    return encode();
  }
}

/** Encodes stylemaps again, for another model or because they expired.
 * @param {readonly string[]} ids @param {{isExpired?: boolean}} [options]
 * @returns {Promise<Map<string, string>>} new ids by old ones */
export async function remake(ids, { isExpired = false } = {}) {
  /** @type {Map<string, string>} */
  const names = new Map();
  for (const id of ids) {
    const entry = entryOf(id);
    if (!entry) continue;
    if (isExpired && entry.origin !== "random") change(entry.key, { photo: null });
    const square = stylemapOf(id)?.square ?? null;
    names.set(id, await ready(entry.key, { square }));
  }
  return names;
}

const CLEANUP_PAUSE = 1000; // milliseconds in which pictures now shown can load

/** Revokes object URLs that are no longer needed, shortly after each change. */
export function startCleanup() {
  let isScheduled = false;
  const schedule = () => {
    if (isScheduled) return;
    isScheduled = true;
    setTimeout(() => {
      isScheduled = false;
      keepUrls(subjectsInUse());
    }, CLEANUP_PAUSE);
  };
  shelf.subscribe(schedule);
  work.subscribe(schedule);
}

/** What the page may show without another change. */
function subjectsInUse() {
  const { model, source, references, pieces } = work.value;
  const subjects = new Set([...references, ...pieces.map((piece) => piece.reference)]);
  if (source) subjects.add(source);
  for (const { stylemap } of suggestions.value.found) subjects.add(stylemap.id);
  for (const { key, sample, photo, stylemap } of shelf.value) {
    if (photo) subjects.add(photo.id);
    if (stylemap) subjects.add(stylemap.id);
    else subjects.add(sample ? sampleSubject(model, sample) : uploadSubject(key));
  }
  return subjects;
}
