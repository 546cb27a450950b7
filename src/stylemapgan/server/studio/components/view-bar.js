/** `<studio-view-bar>`: what the canvas shows, and how large. */

import { h, icon, iconButton } from "../core/dom.js";
import { stylemapOf } from "../core/shelf.js";
import { desk, work } from "../core/state.js";
import { fit, view, zoomBy } from "../stage/view.js";

class StudioViewBar extends HTMLElement {
  #paintOn = segments("Paint on", "canvas", [
    { value: "source", text: "Result", id: "canvas-source" },
    { value: "reference", text: "Reference", id: "canvas-reference" },
  ]);
  #view = segments("Show", "view", [
    { value: "pasted", text: "In photo", short: "Photo", id: "view-pasted" },
    { value: "raw", text: "Model output", short: "Model", id: "view-raw" },
  ]);
  #compare = h(
    "button",
    {
      type: "button",
      id: "compare",
      class: "toggle",
      title: "Before and after (C)",
      "aria-keyshortcuts": "C",
      onclick: () => desk.patch({ isComparing: !desk.value.isComparing, canvas: "source" }),
    },
    icon("compare"),
    h("span", {}, "Compare"),
  );
  #zoom = h("output", { class: "zoom-value" });

  connectedCallback() {
    const zoom = h(
      "div",
      { class: "zoom", role: "group", "aria-label": "Zoom" },
      iconButton("minus", "Zoom out", { id: "zoom-out", onclick: () => zoomBy(1 / 1.25) }),
      this.#zoom,
      iconButton("plus", "Zoom in", { id: "zoom-in", onclick: () => zoomBy(1.25) }),
      iconButton("fit", "Fit (0)", { id: "zoom-fit", onclick: fit }),
    );
    this.append(
      h("span", { class: "bar-label" }, "Paint on"),
      this.#paintOn,
      h("span", { class: "spacer" }),
      this.#view,
      this.#compare,
      zoom,
    );
    for (const store of [desk, view, work]) store.subscribe(() => this.#update());
    this.#update();
  }

  #update() {
    const { isComparing, reference, canvas, target } = desk.value;
    for (const button of this.querySelectorAll("button[data-field]")) {
      const field = /** @type {"canvas" | "view"} */ (button.getAttribute("data-field"));
      button.setAttribute(
        "aria-pressed",
        String(desk.value[field] === button.getAttribute("data-value")),
      );
    }
    this.#compare.setAttribute("aria-pressed", String(isComparing));
    this.#zoom.textContent = `${Math.round(100 * view.value.zoom)} %`;
    const isPush = target.kind === "push";
    /** @type {HTMLButtonElement} */ (this.#paintOn.lastElementChild).disabled =
      !reference || isPush;
    this.#view.hidden = !stylemapOf(work.value.source)?.photo;
    if (canvas === "reference" && (!reference || isPush)) desk.patch({ canvas: "source" });
  }
}

/** A choice between two views.
 * @param {string} label @param {"canvas" | "view"} field
 * @param {{value: string, text: string, short?: string, id: string}[]} choices */
function segments(label, field, choices) {
  const buttons = choices.map(({ value, text, short = text, id }) =>
    h(
      "button",
      {
        type: "button",
        id,
        "aria-label": text,
        "data-field": field,
        "data-value": value,
        onclick: () => desk.patch({ [field]: value }),
      },
      h("span", { class: "long" }, text),
      h("span", { class: "short", "aria-hidden": "true" }, short),
    ),
  );
  return h("div", { class: "segments", role: "group", "aria-label": label }, ...buttons);
}

customElements.define("studio-view-bar", StudioViewBar);
