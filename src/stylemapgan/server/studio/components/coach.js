/** `<studio-coach>`: tells the first strokes, then goes away. */

import { h, icon, iconButton } from "../core/dom.js";
import { desk, work } from "../core/state.js";

/** @typedef {"choose" | "paint" | "take"} Lesson */

/** @type {Record<Lesson, string>} */
const TEXTS = {
  choose: "Choose a reference, then paint on the picture.",
  paint: "Paint on the picture. The reference appears under your brush.",
  take: "Paint what to take. Then go back to Result and drag it into place with Move.",
};

class StudioCoach extends HTMLElement {
  #text = h("p");
  /** @type {Set<Lesson>} */ #dismissed = new Set();

  connectedCallback() {
    const away = iconButton("close", "Dismiss", { onclick: () => this.#dismiss() });
    this.append(icon("brush"), this.#text, away);
    for (const store of [work, desk]) store.subscribe(() => this.#update());
    this.#update();
  }

  /** @returns {Lesson | null} */
  get #lesson() {
    const { hasPainted, reference, canvas, models } = desk.value;
    if (models.length === 0 || !work.value.source) return null;
    if (canvas === "reference") return "take";
    if (hasPainted || work.value.pieces.length > 0) return null;
    return reference ? "paint" : "choose";
  }

  #dismiss() {
    if (this.#lesson) this.#dismissed.add(this.#lesson);
    this.#update();
  }

  #update() {
    const lesson = this.#lesson;
    this.hidden = lesson === null || this.#dismissed.has(lesson);
    this.#text.textContent = lesson && TEXTS[lesson];
  }
}

customElements.define("studio-coach", StudioCoach);
