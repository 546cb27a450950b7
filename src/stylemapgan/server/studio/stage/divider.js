/** The line between before and after: a handle, and two lists of what to compare. */

import { h, icon } from "../core/dom.js";
import { AGAINST, currentLook, LOOKS, showLook } from "../core/looks.js";
import { stylemapOf } from "../core/shelf.js";
import { can, desk, modelSize, work } from "../core/state.js";
import { paneOf, toPane, view, viewport } from "./view.js";

/** @import { Look } from "../core/looks.js" */

const STEP = 0.02; // of the picture, for each arrow key

/** @param {number} divider */
const set = (divider) => view.patch({ divider: Math.min(Math.max(divider, 0), 1) });

export class Divider {
  #handle = handle();
  #before = choice("compare-before", "Left of the line", AGAINST, (look) =>
    desk.patch({ against: look }),
  );
  #after = choice("compare-after", "Right of the line", LOOKS, showLook);
  #labels = h("div", { class: "compare-labels", hidden: true }, this.#before, this.#after);

  /** The elements to put over the canvas. */
  get elements() {
    return [this.#handle, this.#labels];
  }

  /** Follows the canvas; null hides it. @param {number | null} divider from 0 to 1 */
  place(divider) {
    const pane = paneOf("source");
    const isHidden = divider === null || !pane;
    this.#handle.hidden = isHidden;
    this.#labels.hidden = isHidden;
    if (isHidden) return;
    const { x, y } = viewport.toScreen({ x: divider * modelSize(), y: modelSize() / 2 });
    this.#handle.style.translate = `${pane.x + x}px ${pane.y + y}px`;
    this.#handle.setAttribute("aria-valuenow", String(Math.round(100 * divider)));
    const { left, top, right } = viewport.seen;
    this.#labels.style.translate = `${pane.x + left}px ${pane.y + top}px`;
    this.#labels.style.width = `${right - left}px`;
    const hasPhoto = Boolean(stylemapOf(work.value.source)?.photo);
    for (const list of [this.#before, this.#after]) allow(list, hasPhoto);
    this.#before.value = desk.value.against;
    this.#after.value = currentLook();
  }
}

/** @param {HTMLSelectElement} list @param {boolean} hasPhoto */
function allow(list, hasPhoto) {
  for (const option of list.options) {
    const needsPhoto = !["original", "raw"].includes(option.value);
    option.disabled = needsPhoto && !hasPhoto;
    option.hidden = option.value === "detail" && !can("detail");
  }
}

/** @param {string} id @param {string} label @param {readonly {look: Look, text: string}[]} looks
 * @param {(look: Look) => void} choose */
function choice(id, label, looks, choose) {
  const options = looks.map(({ look, text }) => h("option", { value: look }, text));
  const list = h(
    "select",
    { id, "aria-label": label, onchange: () => choose(/** @type {Look} */ (list.value)) },
    ...options,
  );
  return list;
}

/** The handle: a slider for keyboards too. */
function handle() {
  const element = h(
    "div",
    {
      id: "divider",
      class: "divider",
      role: "slider",
      tabindex: "0",
      hidden: true,
      "aria-label": "Before and after",
      "aria-valuemin": "0",
      "aria-valuemax": "100",
    },
    icon("compare"),
  );
  element.addEventListener("pointerdown", (event) => element.setPointerCapture(event.pointerId));
  element.addEventListener("pointermove", (event) => {
    if (!element.hasPointerCapture(event.pointerId)) return;
    const left = element.parentElement?.getBoundingClientRect().left ?? 0;
    const point = toPane({ x: event.clientX - left, y: 0 }, "source");
    set(viewport.toPicture(point).x / modelSize());
  });
  element.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    set(view.value.divider + step);
  });
  return element;
}
