/**
 * The live connection: sends the work to the server as it changes, and receives pictures.
 *
 * It sends the smallest message that updates the server: the changed rectangle of a mask during a
 * stroke, otherwise the state, without the masks that the server already has.
 */

import { encodeGrey } from "../masks/png.js";
import { cut, difference } from "../masks/mask.js";
import { openLive } from "./api.js";
import { toLayers } from "./edit.js";

/** @import { Box, Mask, Work } from "./types.js" */
/** @import { Layer } from "./edit.js" */

const FIRST_PUSH_MASK = 0xffff0000;
const FIRST_WAIT = 500; // milliseconds before the first new try
const LONGEST_WAIT = 8000;

/** @typedef {{source: string | null, parts: Layer[], pushes: Layer[],
 *   view: string, detail: boolean, size: number}} Scene */

/** How to show the work: `size` is pixels on a side.
 * @typedef {{view: "raw" | "pasted", detail: boolean, size: number}} Options */

/** @typedef {{
 *   onFrame: (picture: ImageBitmap, milliseconds: number | null) => void,
 *   onConnection: (state: "connecting" | "live" | "offline") => void,
 *   onError: (code: string, message: string) => void,
 * }} Listener */

/** What two scenes must share for the change to fit into mask deltas. @param {Scene} scene */
const outline = ({ parts, pushes, ...rest }) =>
  JSON.stringify([
    rest,
    ...[parts, pushes].map((layers) => layers.map(({ fields, mask }) => [fields, !mask])),
  ]);

/** A changed rectangle of a mask. @param {number} sequence @param {number} index
 * @param {Mask} mask @param {Box} box */
export function encodeDelta(sequence, index, mask, box) {
  const message = new Uint8Array(24 + box.width * box.height);
  const header = new DataView(message.buffer);
  const words = [sequence, index, box.x, box.y, box.width, box.height];
  words.forEach((word, position) => header.setUint32(4 * position, word, true));
  message.set(cut(mask, box), 24);
  return message;
}

export class Live {
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {Scene | null} what to show */ #wanted = null;
  /** @type {Scene | null} what the server has */ #sent = null;
  /** @type {Map<number, number>} when each message left */ #times = new Map();
  #sequence = 0;
  #drawn = 0;
  #isScheduled = false;
  #wait = FIRST_WAIT;
  #listener;

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener;
    this.#connect();
    addEventListener("online", () => this.#socket ?? this.#connect());
  }

  /** Shows the work: at the next animation frame, newest wins.
   * @param {Work} work @param {Options} options */
  show(work, options) {
    this.#wanted = { source: work.source, ...toLayers(work), ...options };
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#send();
    });
  }

  /** Whether the newest picture shows all that there is to show. */
  get isCaughtUp() {
    return !this.#isScheduled && this.#times.size === 0;
  }

  /** Sends the complete state again. */
  refresh() {
    this.#sent = null;
    this.#send();
  }

  #connect() {
    this.#listener.onConnection("connecting");
    const socket = openLive();
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.#hear(JSON.parse(data));
      else void this.#draw(data);
    };
    socket.onclose = () => this.#lose();
  }

  #lose() {
    this.#socket = null;
    this.#sent = null;
    this.#times.clear();
    this.#listener.onConnection("offline");
    setTimeout(() => this.#socket ?? this.#connect(), this.#wait);
    this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
  }

  /** @param {{type: string, code?: string, message?: string}} message */
  #hear(message) {
    if (message.type === "ready") {
      this.#wait = FIRST_WAIT;
      this.#listener.onConnection("live");
      this.refresh();
    } else if (message.type === "error") {
      this.#sent = null; // unknown what the server has now
      this.#times.clear();
      this.#listener.onError(message.code ?? "", message.message ?? "The server rejected the edit.");
    }
  }

  #send() {
    const scene = this.#wanted;
    if (!scene?.source || this.#socket?.readyState !== WebSocket.OPEN) return;
    if (this.#sent && outline(this.#sent) === outline(scene)) this.#sendDeltas(this.#sent, scene);
    else this.#sendState(scene);
    this.#sent = scene;
  }

  /** @param {Scene} before @param {Scene} after */
  #sendDeltas(before, after) {
    after.parts.forEach((layer, index) => this.#sendDelta(before.parts[index], layer, index));
    after.pushes.forEach((layer, index) =>
      this.#sendDelta(before.pushes[index], layer, FIRST_PUSH_MASK + index),
    );
  }

  /** @param {Layer} before @param {Layer} after @param {number} index */
  #sendDelta(before, after, index) {
    if (!before.mask || !after.mask || before.mask === after.mask) return;
    const box = difference(before.mask, after.mask);
    if (box) this.#socket?.send(encodeDelta(this.#stamp(), index, after.mask, box));
  }

  /** @param {Scene} scene */
  #sendState(scene) {
    const known = new Map(this.#sent?.parts.map((layer) => [layer.key, layer.mask]));
    const parts = scene.parts.map(({ key, mask, fields }) => {
      const isKnown = known.get(key) === mask;
      return { ...fields, mask: isKnown || !mask ? null : { png: encodeGrey(mask) } };
    });
    const pushes = scene.pushes.map(({ mask, fields }) => {
      return { ...fields, mask: mask && { png: encodeGrey(mask) } };
    });
    const sequence = this.#stamp();
    this.#socket?.send(JSON.stringify({ type: "state", ...scene, sequence, parts, pushes }));
  }

  #stamp() {
    this.#sequence += 1;
    this.#times.set(this.#sequence, performance.now());
    return this.#sequence;
  }

  /** A frame: sequence, milliseconds of the server's work, JPEG. @param {ArrayBuffer} message */
  async #draw(message) {
    const sequence = new DataView(message).getUint32(0, true);
    const picture = await createImageBitmap(new Blob([message.slice(8)], { type: "image/jpeg" }));
    if (sequence < this.#drawn) return picture.close(); // a newer one came first
    this.#drawn = sequence;
    const started = this.#times.get(sequence);
    for (const old of this.#times.keys()) if (old <= sequence) this.#times.delete(old);
    this.#listener.onFrame(picture, started === undefined ? null : performance.now() - started);
  }
}
