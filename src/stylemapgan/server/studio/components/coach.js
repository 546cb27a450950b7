/** `<studio-coach>`: hints for the first strokes. */

import { h, icon, iconButton } from "../core/dom.js";
import { desk, work } from "../core/state.js";

/** @typedef {"choose" | "paint" | "take"} Hint */

/** @type {Record<Hint, string>} */
const TEXTS = {
  choose: "Choose a reference, then paint on the picture.",
  paint: "Paint on the picture. The reference appears under your brush.",
  take: "Paint the part to copy. Then switch to Result and drag it into place with Move.",
};

class StudioCoach extends HTMLElement {
  #text = h("p");
  /** @type {Set<Hint>} */ #dismissed = new Set();

  connectedCallback() {
    const away = iconButton("close", "Dismiss", { onclick: () => this.#dismiss() });
    this.append(icon("brush"), this.#text, away);
    for (const store of [work, desk]) store.subscribe(() => this.#update());
    this.#update();
  }

  /** @returns {Hint | null} */
  get #hint() {
    const { hasPainted, reference, canvas, models } = desk.value;
    if (models.length === 0 || !work.value.source) return null;
    if (canvas === "reference") return "take";
    if (hasPainted || work.value.pieces.length > 0) return null;
    return reference ? "paint" : "choose";
  }

  #dismiss() {
    if (this.#hint) this.#dismissed.add(this.#hint);
    this.#update();
  }

  #update() {
    const hint = this.#hint;
    this.hidden = hint === null || this.#dismissed.has(hint);
    this.#text.textContent = hint && TEXTS[hint];
  }
}

customElements.define("studio-coach", StudioCoach);
