/** `<studio-coach>`: what to do first, in one sentence. */

import { h, icon, iconButton } from "../core/dom.js";
import { currentModel, desk, shownCanvases, work } from "../core/state.js";
import { takePart } from "../stage/tools/parts.js";

/** @typedef {"choose" | "start" | "paint" | "take"} Hint */

const INVITING = ["mouth", "eyes", "hair", "fingers", "palm"]; // parts to offer, the first ones first
const MOST_OFFERED = 3;

const TEXTS = {
  choose: "Choose a reference, then paint on the picture.",
  paint: "Paint on the picture. The reference appears under your brush.",
  take: "Paint the part to copy. It appears in the result.",
};

/** Parts of the model that the hint offers. */
function offered() {
  const parts = currentModel()?.parts ?? [];
  const found = INVITING.map((name) => parts.find((part) => part.name === name));
  return found.filter((part) => part !== undefined).slice(0, MOST_OFFERED);
}

/** @param {Hint} hint */
function textOf(hint) {
  if (hint !== "start") return TEXTS[hint];
  const hasMouth = offered().some((part) => part.name === "mouth");
  const what = hasMouth ? "the mouth of the reference" : "a part of the reference";
  return `Paint over ${what}: it appears in the result.`;
}

class StudioCoach extends HTMLElement {
  #text = h("p");
  #parts = h("div", { class: "coach-parts", role: "group", "aria-label": "Take a part" });
  #shown = "";
  /** @type {Set<Hint>} */ #dismissed = new Set();

  connectedCallback() {
    const away = iconButton("close", "Dismiss", { onclick: () => this.#dismiss() });
    this.append(icon("brush"), h("div", { class: "coach-body" }, this.#text, this.#parts), away);
    for (const store of [work, desk]) store.subscribe(() => this.#update());
    this.#update();
  }

  /** @returns {Hint | null} */
  get #hint() {
    const { hasPainted, reference, models, isComparing } = desk.value;
    if (models.length === 0 || !work.value.source || isComparing) return null;
    const shown = shownCanvases();
    if (shown[0] === "reference" && shown.length === 1) return "take";
    if (hasPainted) return null;
    if (!reference) return "choose";
    return shown.length > 1 ? "start" : "paint";
  }

  #dismiss() {
    if (this.#hint) this.#dismissed.add(this.#hint);
    this.#update();
  }

  #update() {
    const hint = this.#hint;
    this.hidden = hint === null || this.#dismissed.has(hint);
    const shown = JSON.stringify([hint, work.value.model]);
    if (shown === this.#shown || !hint) return;
    this.#shown = shown;
    this.#text.textContent = textOf(hint);
    const parts = hint === "start" ? offered() : [];
    this.#parts.hidden = parts.length === 0;
    this.#parts.replaceChildren("Or take:", ...parts.map(partButton));
  }
}

/** @param {{name: string, label: string}} part */
function partButton({ name, label }) {
  return h(
    "button",
    { type: "button", class: "chip", "data-take": name, onclick: () => void takePart(name) },
    label,
  );
}

customElements.define("studio-coach", StudioCoach);
