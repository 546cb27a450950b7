/** All HTTP requests of the page. */

import { withoutIslands } from "../masks/islands.js";
import { decodeGrey, encodeGrey } from "../masks/png.js";
import { sampleSubject, urlOf } from "./picture-urls.js";

/** @import { Mask, Model, Part, Photo, Square, Stylemap, Suggestion } from "./types.js" */

/** Relative to this file, so that the page also works below a path of a proxy. */
const BASE = new URL("../../api/v1", import.meta.url).href;
const TOKEN_KEY = `token of ${BASE}`; // other programs may share the proxy's name
const TOKEN = readToken();

/** The page's URL brings the token as `#token=…`; it is kept for this tab and removed from sight. */
function readToken() {
  const match = /[#&]token=([^&]+)/.exec(location.hash);
  if (match) {
    sessionStorage.setItem(TOKEN_KEY, decodeURIComponent(match[1]));
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(TOKEN_KEY);
}

/** An error of the API, with the server's message. */
export class ApiError extends Error {
  /** @param {string} code @param {string} message @param {number} status */
  constructor(code, message, status) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** @param {Response} response */
async function toError(response) {
  const body = await response.json().catch(() => null);
  const { status } = response;
  const { code = "http", message = `The server responded with status ${status}.` } =
    body?.error ?? {};
  return new ApiError(code, message, status);
}

/** Sends a request; retries when the server is busy.
 * @param {string} path @param {RequestInit} [options] @returns {Promise<Response>} */
async function request(path, options = {}, attempts = 3) {
  const headers = new Headers(options.headers);
  if (TOKEN) headers.set("Authorization", `Bearer ${TOKEN}`);
  const response = await fetch(BASE + path, { ...options, headers }).catch(() => {
    throw new ApiError("offline", "Cannot reach the server. Is it still running?", 0);
  });
  if (response.ok) return response;
  if (response.status === 429 && attempts > 1) {
    const seconds = Number(response.headers.get("Retry-After")) || 1;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    return request(path, options, attempts - 1);
  }
  throw await toError(response);
}

/** @param {string} path @param {unknown} body @param {string} [accept] */
function post(path, body, accept = "application/json") {
  const headers = { "Content-Type": "application/json", Accept: accept };
  return request(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** @returns {Promise<Model[]>} */
export async function listModels() {
  return (await (await request("/models")).json()).models;
}

/** @param {string} model @param {string} sample @returns {Promise<Photo>} */
export async function takeSample(model, sample) {
  const path = `/models/${encodeURIComponent(model)}/samples/${encodeURIComponent(sample)}`;
  return (await request(path, { method: "POST" })).json();
}

/** @param {Blob} file @param {string} name @returns {Promise<Photo>} */
export async function uploadPhoto(file, name) {
  const headers = { "Content-Type": file.type || "application/octet-stream" };
  const path = `/photos?name=${encodeURIComponent(name.slice(0, 200))}`;
  return (await request(path, { method: "POST", headers, body: file })).json();
}

/** Encodes the square of a photo; finds the square if none is given.
 * @param {{model: string, photo: string, square: Square | null, find?: string}} body
 * @returns {Promise<Stylemap>} */
export async function encode(body) {
  return (await post("/stylemaps", body)).json();
}

/** @param {string} model @param {number} seed @returns {Promise<Stylemap>} */
export async function randomStylemap(model, seed, psi = 0.7) {
  return (await post("/stylemaps/random", { model, seed, psi })).json();
}

/** @param {string} id @returns {Promise<Part[]>} */
export async function findParts(id) {
  const { parts } = await (await request(`/stylemaps/${id}/parts`)).json();
  return Promise.all(
    parts.map(async (/** @type {any} */ part) => {
      return { ...part, mask: withoutIslands(await decodeGrey(part.mask)) };
    }),
  );
}

/** @param {string} source @param {Mask} mask where the reference is to show
 * @returns {Promise<Suggestion[]>} the best first */
export async function suggest(source, mask) {
  const body = { source, mask: { png: encodeGrey(mask) } };
  return (await (await post("/suggestions", body)).json()).suggestions;
}

/** The picture of an edit. @param {object} body @returns {Promise<ImageBitmap>} */
export async function renderEdit(body) {
  return createImageBitmap(await (await post("/edit", body, "image/jpeg")).blob());
}

/** @param {object} body @param {string} type @returns {Promise<{blob: Blob, name: string}>} */
export async function exportResult(body, type) {
  const response = await post("/export", body, type);
  const disposition = response.headers.get("Content-Disposition") ?? "";
  const name = /filename="?([^";]+)"?/.exec(disposition)?.[1] ?? "result";
  return { blob: await response.blob(), name };
}

/** The object URL of a picture; the token is sent in a header and stays out of the page.
 * @param {string} path @param {string} subject what it shows */
function picture(path, subject) {
  const headers = { Accept: "image/webp,image/png,image/jpeg" };
  return urlOf(path, subject, async () => (await request(path, { headers })).blob());
}

/** @param {string} model @param {string} sample */
export const samplePicture = (model, sample) =>
  picture(
    `/models/${encodeURIComponent(model)}/samples/${encodeURIComponent(sample)}`,
    sampleSubject(model, sample),
  );

/** A sample's own file. @param {string} model @param {string} sample */
export async function photoFile(model, sample) {
  const path = `/models/${encodeURIComponent(model)}/samples/${encodeURIComponent(sample)}`;
  return (await request(path)).blob();
}

/** The square a stylemap was made from. @param {string} id */
export const squarePicture = (id, size = 512) =>
  picture(`/stylemaps/${id}/photo?size=${size}`, id);

/** The same as a file. @param {string} id @param {number} size */
export async function squareFile(id, size) {
  const headers = { Accept: "image/webp,image/png,image/jpeg" };
  return (await request(`/stylemaps/${id}/photo?size=${size}`, { headers })).blob();
}

/** The whole photo, upright. @param {string} id */
export const photoPicture = (id, size = 1600) => picture(`/photos/${id}/image?size=${size}`, id);

/** Opens the live connection. */
export function openLive() {
  const protocols = TOKEN ? ["stylemapgan", `bearer.${TOKEN}`] : ["stylemapgan"];
  const socket = new WebSocket(`${BASE.replace(/^http/, "ws")}/live`, protocols);
  socket.binaryType = "arraybuffer";
  return socket;
}
