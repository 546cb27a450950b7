/** `<studio-directions>`: sliders that change the whole source, or the inside of a mask. */

import { selectReference, startPiece } from "../core/actions.js";
import { changePush, findPush } from "../core/work-changes.js";
import { h, iconButton } from "../core/dom.js";
import { currentModel, desk, work } from "../core/state.js";
import { slider } from "./slider.js";

/** @import { Direction } from "../core/types.js" */

const FARTHEST = 3; // standard deviations of photos along the direction

class StudioDirections extends HTMLElement {
  #list = h("div", { class: "directions" });
  #shown = "";

  connectedCallback() {
    this.append(h("header", { class: "panel-title" }, h("h2", {}, "Directions")), this.#list);
    for (const store of [work, desk]) store.subscribe(() => this.#update());
    this.#update();
  }

  #update() {
    const directions = currentModel()?.directions ?? [];
    const { target } = desk.value;
    const masked = directions.map(({ name }) => findPush(work.value, name).mask !== null);
    const shown = JSON.stringify([
      work.value.model,
      directions.map((one) => one.name),
      target,
      masked,
    ]);
    if (shown !== this.#shown) {
      this.#shown = shown;
      const rows = directions.map(directionRow);
      const none = h("p", { class: "hint" }, "This model has no directions.");
      this.#list.replaceChildren(...(rows.length ? rows : [none]));
    }
    for (const input of this.#list.querySelectorAll("input")) {
      input.dispatchEvent(new CustomEvent("refresh"));
    }
  }
}

/** @param {number} value */
const signed = (value) => (value > 0 ? "+" : value < 0 ? "−" : "") + Math.abs(value).toFixed(1);

/** @param {Direction} direction */
function directionRow({ name, label, accuracy }) {
  const { element, input, show } = slider({
    label,
    name: `direction-${name}`,
    min: -FARTHEST,
    max: FARTHEST,
    step: 0.1,
    neutral: 0,
    format: signed,
    onslide: (amount) => work.set(changePush(work.value, name, { amount })),
    onsettle: () => work.commit(),
  });
  input.addEventListener("refresh", () => show(findPush(work.value, name).amount));
  if (accuracy) element.title = `Balanced accuracy on test photos: ${Math.round(100 * accuracy)} %`;
  return h(
    "div",
    { class: "direction", "data-direction": name },
    element,
    whereSwitch(name, label),
    aimNote(name),
  );
}

/** Everywhere, or only inside a painted mask. @param {string} name @param {string} label */
function whereSwitch(name, label) {
  const isLocal = isTarget(name) || findPush(work.value, name).mask !== null;
  const toggle = () => (isLocal ? spread(name) : aim(name));
  const title = isLocal
    ? `${label}: apply to the whole picture`
    : `${label}: apply only where I paint`;
  return iconButton("brush", title, { "aria-pressed": String(isLocal), onclick: toggle });
}

/** @param {string} name */
function isTarget(name) {
  const { target } = desk.value;
  return target.kind === "push" && target.direction === name;
}

/** Strokes now paint the mask of the direction. @param {string} name */
function aim(name) {
  desk.patch({ target: { kind: "push", direction: name }, sheet: null });
}

/** @param {string} name */
function spread(name) {
  work.do(changePush(work.value, name, { mask: null }));
  if (isTarget(name)) leave();
}

/** Strokes paint with the selected reference again. */
function leave() {
  const { reference } = desk.value;
  if (reference) selectReference(reference);
  else startPiece();
}

/** The hint while strokes paint the mask of a direction. @param {string} name */
function aimNote(name) {
  if (!isTarget(name)) return null;
  const done = h("button", { type: "button", class: "button is-quiet", onclick: leave }, "Done");
  const text = "Paint where it applies.";
  return h("p", { class: "note", role: "status" }, h("span", {}, text), done);
}

customElements.define("studio-directions", StudioDirections);
