/** Short messages that no one element caused, and words for screen readers. */

import { Store } from "./store.js";

/** @typedef {{id: number, text: string, tone: "error" | "info"}} Notice */

const SHOWN_FOR = 7000; // milliseconds

export const notices = new Store(/** @type {readonly Notice[]} */ ([]));
let last = 0;

/** @param {number} id */
export const dismiss = (id) => notices.set(notices.value.filter((notice) => notice.id !== id));

/** @param {string} text @param {Notice["tone"]} [tone] */
export function toast(text, tone = "error") {
  last += 1;
  const notice = { id: last, text, tone };
  const others = notices.value.filter((old) => old.text !== text).slice(-2);
  notices.set([...others, notice]);
  setTimeout(() => dismiss(notice.id), SHOWN_FOR);
}

/** Tells screen readers. @param {string} text */
export function say(text) {
  const region = document.getElementById("announcer");
  if (region) region.textContent = text;
}
