/** `<studio-toasts>`: short messages at the edge of the page; and messages for screen readers. */

import { h, icon, iconButton } from "../core/dom.js";
import { Store } from "../core/store.js";

/** @typedef {{id: number, text: string, tone: "error" | "info"}} Toast */

const SHOWN_FOR = 7000; // milliseconds

const toasts = new Store(/** @type {readonly Toast[]} */ ([]));
let last = 0;

/** @param {number} id */
const dismiss = (id) => toasts.set(toasts.value.filter((one) => one.id !== id));

/** Shows a message for a while. @param {string} text @param {Toast["tone"]} [tone] */
export function toast(text, tone = "error") {
  last += 1;
  const added = { id: last, text, tone };
  const others = toasts.value.filter((one) => one.text !== text).slice(-2);
  toasts.set([...others, added]);
  setTimeout(() => dismiss(added.id), SHOWN_FOR);
}

/** Announces a message to screen readers. @param {string} text */
export function announce(text) {
  const region = document.getElementById("announcer");
  if (region) region.textContent = text;
}

/** @param {Toast} toast */
function toastElement({ id, text, tone }) {
  const dismissButton = iconButton("close", "Dismiss", { onclick: () => dismiss(id) });
  const symbol = icon(tone === "error" ? "warning" : "help");
  return h("div", { class: `toast is-${tone}` }, symbol, h("p", {}, text), dismissButton);
}

class StudioToasts extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "log");
    this.setAttribute("aria-live", "polite");
    toasts.subscribe((list) => this.replaceChildren(...list.map(toastElement)));
  }
}

customElements.define("studio-toasts", StudioToasts);
