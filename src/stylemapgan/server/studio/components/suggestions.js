/** `<studio-suggestions>`: references of the server's library that would fit the painted piece. */

import { takeSuggestion } from "../core/actions.js";
import { squarePicture, suggest } from "../core/api.js";
import { h, icon, lateImage } from "../core/dom.js";
import { currentModel, desk, suggestions, targetPiece, work } from "../core/state.js";
import { isEmpty } from "../masks/mask.js";
import { toast } from "./toasts.js";

/** @import { Piece, Suggestion } from "../core/types.js" */

class StudioSuggestions extends HTMLElement {
  #button = h(
    "button",
    { type: "button", class: "button is-quiet", id: "suggest", onclick: () => this.#ask() },
    icon("target"),
    "Suggest",
  );
  #hint = h("p", { class: "hint" });
  #found = h("div", { class: "references", "aria-label": "Suggested references" });
  #isAsking = false;

  connectedCallback() {
    this.append(this.#button, this.#hint, this.#found);
    for (const store of [work, desk]) store.subscribe(() => this.#update());
    suggestions.subscribe(() => this.#show());
    this.#update();
  }

  #show() {
    const key = targetPiece()?.key ?? "";
    this.#found.replaceChildren(...suggestions.value.found.map((one) => tile(one, key)));
    this.#update();
  }

  #update() {
    this.hidden = !currentModel()?.has_library;
    const piece = targetPiece();
    const canAsk = work.value.source !== null && isInPlace(piece);
    this.#button.disabled = !canAsk || this.#isAsking;
    this.#button.setAttribute("aria-busy", String(this.#isAsking));
    if (suggestions.value.subject !== subject(piece)) {
      suggestions.set({ subject: subject(piece), found: [] });
    }
    this.#hint.textContent = canAsk ? "" : "Paint a piece: photos of the library that fit follow.";
    this.#hint.hidden = canAsk;
    for (const tile of this.#found.children) {
      const isUsed = tile.getAttribute("data-stylemap") === piece?.reference;
      tile.setAttribute("aria-pressed", String(isUsed));
    }
  }

  async #ask() {
    const piece = targetPiece();
    const { source } = work.value;
    if (!piece || !source) return;
    this.#isAsking = true;
    this.#update();
    try {
      const found = await suggest(source, piece.mask);
      suggestions.set({ subject: subject(piece), found });
      if (!found.length) toast("The library holds no photo that fits.");
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error));
    } finally {
      this.#isAsking = false;
      this.#update();
    }
  }
}

/** What suggestions are made for. @param {Piece | undefined} piece */
const subject = (piece) => JSON.stringify([work.value.source, piece?.key]);

/** Whether a piece shows where it was painted: only there the library is searched.
 * @param {Piece | undefined} piece */
function isInPlace(piece) {
  if (!piece || isEmpty(piece.mask)) return false;
  const { shift, rotation, scale } = piece;
  return shift[0] === 0 && shift[1] === 0 && rotation === 0 && scale === 1;
}

/** @param {Suggestion} suggestion @param {string} piece */
function tile(suggestion, piece) {
  const { name, stylemap } = suggestion;
  const take = () =>
    takeSuggestion(suggestion, piece).catch((error) => {
      toast(error instanceof Error ? error.message : String(error));
    });
  return h(
    "button",
    {
      type: "button",
      class: "reference",
      "aria-pressed": "false",
      "aria-label": `Paint with ${name}`,
      title: name,
      "data-stylemap": stylemap.id,
      onclick: take,
    },
    lateImage(squarePicture(stylemap.id, 128), ""),
  );
}

customElements.define("studio-suggestions", StudioSuggestions);
