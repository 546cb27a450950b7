/** `<studio-view-bar>`: what the canvas shows, and how large. */

import { find, h, icon, iconButton } from "../core/dom.js";
import { stylemapOf } from "../core/shelf.js";
import { desk, shownCanvases, toggleComparison, work } from "../core/state.js";
import { showActualPixels } from "../stage/picture-size.js";
import { fit, view, zoomBy } from "../stage/view.js";

/** @import { Desk } from "../core/state.js" */

/** What the first choice of the bar offers: both pictures, or one of them.
 * @type {readonly (Segment & {fields: Partial<Desk>})[]} */
const CANVASES = [
  { id: "canvas-both", text: "Both", fields: { isSplit: true } },
  { id: "canvas-source", text: "Result", fields: { isSplit: false, canvas: "source" } },
  {
    id: "canvas-reference",
    text: "Reference",
    short: "Ref.",
    fields: { isSplit: false, canvas: "reference" },
  },
];

/** @type {readonly (Segment & {view: "raw" | "pasted"})[]} */
const VIEWS = [
  { id: "view-pasted", text: "In photo", short: "Photo", view: "pasted" },
  { id: "view-raw", text: "Model output", short: "Model", view: "raw" },
];

class StudioViewBar extends HTMLElement {
  #canvases = segments("Pictures on the canvas", CANVASES, ({ fields }) =>
    desk.patch({ isComparing: false, ...fields }),
  );
  #view = segments("Show", VIEWS, ({ view }) => desk.patch({ view }));
  #compare = h(
    "button",
    {
      type: "button",
      id: "compare",
      class: "toggle",
      title: "Before and after (C)",
      "aria-keyshortcuts": "C",
      onclick: toggleComparison,
    },
    icon("compare"),
    h("span", {}, "Compare"),
  );
  #zoom = h("button", {
    type: "button",
    id: "zoom-actual",
    class: "zoom-value",
    title: "Actual pixels of the photo (1)",
    "aria-keyshortcuts": "1",
    onclick: showActualPixels,
  });

  connectedCallback() {
    const zoom = h(
      "div",
      { class: "zoom", role: "group", "aria-label": "Zoom" },
      iconButton("minus", "Zoom out", { id: "zoom-out", onclick: () => zoomBy(1 / 1.25) }),
      this.#zoom,
      iconButton("plus", "Zoom in", { id: "zoom-in", onclick: () => zoomBy(1.25) }),
      iconButton("fit", "Fit (0)", { id: "zoom-fit", onclick: fit }),
    );
    this.append(this.#canvases, h("span", { class: "spacer" }), this.#view, this.#compare, zoom);
    for (const store of [desk, view, work]) store.subscribe(() => this.#update());
    this.#update();
  }

  #update() {
    const { isComparing, reference, target } = desk.value;
    const shown = shownCanvases();
    const hasReference = reference !== null && target.kind === "piece";
    const chosen = shown.length > 1 ? "canvas-both" : `canvas-${shown[0]}`;
    press(this.#canvases, chosen);
    for (const id of ["canvas-both", "canvas-reference"]) {
      /** @type {HTMLButtonElement} */ (find(this, `#${id}`)).disabled = !hasReference;
    }
    press(this.#view, `view-${desk.value.view}`);
    this.#view.hidden = !stylemapOf(work.value.source)?.photo;
    this.#compare.setAttribute("aria-pressed", String(isComparing));
    this.#zoom.textContent = `${Math.round(100 * view.value.zoom)} %`;
  }
}

/** One choice of several. @typedef {{id: string, text: string, short?: string}} Segment */

/** A choice, as buttons beside each other.
 * @template {Segment} Choice
 * @param {string} label @param {readonly Choice[]} choices @param {(choice: Choice) => void} choose */
function segments(label, choices, choose) {
  const buttons = choices.map((choice) =>
    h(
      "button",
      { type: "button", id: choice.id, "aria-label": choice.text, onclick: () => choose(choice) },
      h("span", { class: "long" }, choice.text),
      h("span", { class: "short", "aria-hidden": "true" }, choice.short ?? choice.text),
    ),
  );
  return h("div", { class: "segments", role: "group", "aria-label": label }, ...buttons);
}

/** Marks one button of a choice. @param {HTMLElement} group @param {string} id */
function press(group, id) {
  for (const button of group.children) {
    button.setAttribute("aria-pressed", String(button.id === id));
  }
}

customElements.define("studio-view-bar", StudioViewBar);
