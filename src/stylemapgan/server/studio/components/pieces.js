/** `<studio-pieces>`: the painted pieces, topmost first, and their settings. */

import * as changes from "../core/work-changes.js";
import { selectPiece, startPiece } from "../core/actions.js";
import { h, icon, iconButton } from "../core/dom.js";
import { entryOf, stylemapOf } from "../core/shelf.js";
import { can, desk, targetPiece, work } from "../core/state.js";
import { isEmpty } from "../masks/mask.js";
import { pieceThumbnail } from "./piece-thumbnail.js";
import { percent, slider } from "./slider.js";

/** @import { Piece } from "../core/types.js" */

const STEPS = [
  ["Choose a source", "the picture to change."],
  ["Choose a reference", "the picture to copy from."],
  ["Paint", "over a part of the reference: it appears in the result."],
];

class StudioPieces extends HTMLElement {
  #list = h("ol", { class: "pieces", "aria-label": "Pieces, topmost first" });
  #empty = emptyState();
  #morph = morphSlider();
  #detail = detailSwitch();
  #shown = "";

  connectedCallback() {
    const again = h(
      "button",
      { type: "button", class: "button is-quiet", id: "new-piece", onclick: startPiece },
      icon("plus"),
      "New piece",
    );
    const title = h("header", { class: "panel-title" }, h("h2", {}, "Pieces"), again);
    this.append(title, this.#empty, this.#list, this.#morph.element, this.#detail.element);
    for (const store of [work, desk]) store.subscribe(() => this.#update());
    this.#update();
  }

  #update() {
    const { pieces, morph, pushes } = work.value;
    const chosen = targetPiece()?.key;
    const shape = pieces.map(({ key, reference, isHidden }) => [key, reference, isHidden]);
    const shown = JSON.stringify([shape, chosen]);
    if (shown !== this.#shown) {
      this.#shown = shown;
      const rows = pieces.map((piece) => pieceRow(piece, piece.key === chosen));
      this.#list.replaceChildren(...rows.reverse());
    }
    for (const part of this.#list.querySelectorAll("input, canvas")) {
      part.dispatchEvent(new CustomEvent("refresh"));
    }
    this.#empty.hidden = pieces.length > 0;
    this.#morph.element.hidden = pieces.length === 0 && pushes.length === 0;
    this.#morph.show(morph);
    this.#detail.update();
    const again = /** @type {HTMLElement} */ (this.querySelector("#new-piece"));
    again.hidden = !pieces.some((piece) => !isEmpty(piece.mask));
    again.setAttribute("aria-pressed", String(desk.value.target.kind === "piece" && !chosen));
  }
}

function emptyState() {
  const steps = STEPS.map(([title, text]) => h("li", {}, h("strong", {}, title), " — ", text));
  return h("ol", { class: "steps" }, ...steps);
}

function morphSlider() {
  return slider({
    label: "From source to result",
    name: "morph",
    min: 0,
    max: 1,
    step: 0.01,
    neutral: 0,
    format: percent,
    onslide: (morph) => work.set({ ...work.value, morph }),
    onsettle: () => work.commit(),
  });
}

/** Whether the photos supply pixels, or only the model. */
function detailSwitch() {
  const input = h("input", {
    type: "checkbox",
    role: "switch",
    id: "detail",
    class: "switch",
    "aria-describedby": "detail-note",
    onchange: () => desk.patch({ detail: input.checked, view: "pasted" }),
  });
  const note = h("small", { id: "detail-note" }, "Skin, hair and edges as sharp as in the photos.");
  const element = h(
    "label",
    { class: "switch-row" },
    h("span", {}, "Detail from photos", note),
    input,
  );
  const update = () => {
    input.checked = desk.value.detail;
    element.hidden = !can("detail") || !stylemapOf(work.value.source)?.photo;
  };
  return { element, update };
}

/** @param {Piece} piece @param {boolean} isChosen */
function pieceRow(piece, isChosen) {
  const { key, reference, isHidden } = piece;
  const name = entryOf(reference)?.name ?? "Reference";
  const title = h(
    "button",
    {
      type: "button",
      class: "piece-title",
      "aria-pressed": String(isChosen),
      "aria-label": `Piece of ${name}`,
      onclick: () => selectPiece(key),
    },
    pieceThumbnail(key),
    h("span", {}, name),
  );
  const eye = iconButton(isHidden ? "eye-off" : "eye", isHidden ? "Show" : "Hide", {
    "aria-pressed": String(isHidden),
    onclick: () => work.do(changes.changePiece(work.value, key, { isHidden: !isHidden })),
  });
  const bin = iconButton("trash", "Remove piece", {
    onclick: () => work.do(changes.removePiece(work.value, key)),
  });
  const strength = fieldSlider(key, {
    field: "strength",
    label: "Strength",
    min: 0,
    max: 1,
    step: 0.01,
    neutral: 0,
    format: percent,
  });
  const row = h("li", { class: `piece ${isChosen ? "is-chosen" : ""}`, "data-piece": key });
  row.append(h("div", { class: "piece-head" }, title, eye, bin), strength);
  if (isChosen) row.append(details(key));
  return row;
}

/** Settings shown for the selected piece only. @param {string} key */
function details(key) {
  const turn = fieldSlider(key, {
    field: "rotation",
    label: "Rotate",
    min: -180,
    max: 180,
    step: 1,
    neutral: 0,
    format: (value) => `${value}°`,
  });
  const scale = fieldSlider(key, {
    field: "scale",
    label: "Scale",
    min: 0.5,
    max: 2,
    step: 0.01,
    neutral: 1,
    format: percent,
  });
  const space = h(
    "select",
    {
      "aria-label": "How the piece blends",
      name: "space",
      onchange: () => change({ space: /** @type {"w" | "w-plus"} */ (space.value) }),
    },
    h("option", { value: "w-plus" }, "Follow outline"),
    h("option", { value: "w" }, "Blend broadly"),
  );
  space.value = work.value.pieces.find((piece) => piece.key === key)?.space ?? "w-plus";
  const change = (/** @type {Partial<Piece>} */ fields) =>
    work.do(changes.changePiece(work.value, key, fields));
  const reset = iconButton("reset", "Reset position", {
    onclick: () => change({ shift: [0, 0], rotation: 0, scale: 1 }),
  });
  const up = iconButton("up", "Bring forward", {
    onclick: () => work.do(changes.raisePiece(work.value, key, 1)),
  });
  const down = iconButton("down", "Send back", {
    onclick: () => work.do(changes.raisePiece(work.value, key, -1)),
  });
  return h(
    "div",
    { class: "piece-details" },
    can("shift") && turn,
    can("shift") && scale,
    h("div", { class: "piece-row" }, can("space") && space, up, down, can("shift") && reset),
  );
}

/** @typedef {"strength" | "rotation" | "scale"} NumberField */

/** @param {string} key
 * @param {{field: NumberField, label: string, min: number, max: number, step: number,
 *   neutral: number, format: (value: number) => string}} options */
function fieldSlider(key, { field, ...look }) {
  const { element, input, show } = slider({
    ...look,
    name: field,
    onslide: (value) => work.set(changes.changePiece(work.value, key, { [field]: value })),
    onsettle: () => work.commit(),
  });
  input.addEventListener("refresh", () => {
    const piece = work.value.pieces.find((one) => one.key === key);
    if (piece) show(piece[field]);
  });
  return element;
}

customElements.define("studio-pieces", StudioPieces);
