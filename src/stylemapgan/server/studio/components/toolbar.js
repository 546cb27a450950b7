/** `<studio-toolbar>`: the tools, and the options of the selected tool. */

import { find, h, icon, iconButton } from "../core/dom.js";
import { activeCanvas, can, desk, modelSize, work } from "../core/state.js";
import { isTaken, parts, partsOn, togglePart } from "../stage/tools/parts.js";
import { percent, slider } from "./slider.js";

/** @import { ToolName } from "../core/types.js" */

/** @type {readonly {name: ToolName, label: string, key: string}[]} */
export const TOOL_LIST = [
  { name: "brush", label: "Brush", key: "B" },
  { name: "eraser", label: "Eraser", key: "E" },
  { name: "lasso", label: "Lasso", key: "L" },
  { name: "rectangle", label: "Rectangle", key: "R" },
  { name: "parts", label: "Parts", key: "P" },
  { name: "move", label: "Move", key: "V" },
];

const HINTS = {
  parts: "Click a part to add it; click again to remove it.",
  move: "Drag the piece; its handles rotate and scale it.",
};

class StudioToolbar extends HTMLElement {
  #options = h("div", { class: "tool-options", id: "tool-options" });
  #shown = "";

  connectedCallback() {
    const tools = h("div", { class: "tools", role: "radiogroup", "aria-label": "Tools" });
    tools.append(...TOOL_LIST.map(toolButton));
    this.append(this.#options, tools);
    for (const store of [desk, parts, work]) store.subscribe(() => this.#update());
    this.#update();
  }

  #update() {
    const { tool, isSubtracting } = desk.value;
    if (tool === "move" && !can("shift")) return desk.patch({ tool: "brush" });
    find(this, "#tool-move").hidden = !can("shift");
    for (const button of this.querySelectorAll("[role=radio]")) {
      button.setAttribute("aria-checked", String(button.id === `tool-${tool}`));
    }
    const { list, state } = partsOn(activeCanvas());
    const shape = [
      tool,
      isSubtracting,
      tool === "parts" && [state, ...list.map((part) => part.name)],
    ];
    if (JSON.stringify(shape) !== this.#shown) {
      this.#shown = JSON.stringify(shape);
      this.#options.replaceChildren(...optionsFor(tool));
    }
    this.#refresh();
  }

  /** Updates values without rebuilding the elements. */
  #refresh() {
    for (const input of this.querySelectorAll("input")) {
      input.dispatchEvent(new CustomEvent("refresh"));
    }
    for (const chip of this.querySelectorAll(".chip[data-part]")) {
      const part = partsOn(activeCanvas()).list.find(
        (one) => one.name === chip.getAttribute("data-part"),
      );
      if (!part) continue;
      chip.setAttribute("aria-pressed", String(isTaken(part)));
      chip.classList.toggle("is-hovered", parts.value.hovered === part.name);
    }
  }
}

/** @param {{name: ToolName, label: string, key: string}} tool */
function toolButton({ name, label, key }) {
  return iconButton(name, `${label} (${key})`, {
    id: `tool-${name}`,
    class: "tool",
    role: "radio",
    "aria-label": label,
    "aria-keyshortcuts": key,
    onclick: () => desk.patch({ tool: name }),
  });
}

/** @param {ToolName} tool */
function optionsFor(tool) {
  if (tool === "brush" || tool === "eraser") return [sizeSlider(), softnessSlider()];
  if (tool === "lasso" || tool === "rectangle") return [modeSwitch()];
  if (tool === "parts") return partChips();
  return [hint(HINTS.move)];
}

/** @param {string} text */
const hint = (text) => h("p", { class: "tool-hint" }, text);

/** A slider of the desk, which undo ignores. @param {"brushSize" | "softness"} field
 * @param {{label: string, min: number, max: number, format: (value: number) => string}} look */
function deskSlider(field, look) {
  const { element, input, show } = slider({
    ...look,
    step: 0.01,
    name: field,
    compact: true,
    onslide: (value) => desk.patch({ [field]: value }),
    onsettle: () => {},
  });
  input.addEventListener("refresh", () => show(desk.value[field]));
  return element;
}

const sizeSlider = () =>
  deskSlider("brushSize", {
    label: "Size",
    min: 0.02,
    max: 0.6,
    format: (value) => `${Math.max(1, Math.round(value * modelSize()))} px`,
  });

const softnessSlider = () =>
  deskSlider("softness", { label: "Soft", min: 0, max: 1, format: percent });

/** Whether outlines add to the mask or subtract from it. */
function modeSwitch() {
  const choice = (/** @type {boolean} */ isSubtracting, /** @type {string} */ text) =>
    h(
      "button",
      {
        type: "button",
        "aria-pressed": String(desk.value.isSubtracting === isSubtracting),
        onclick: () => desk.patch({ isSubtracting }),
      },
      icon(isSubtracting ? "minus" : "plus"),
      text,
    );
  const label = "Outline mode";
  return h(
    "div",
    { class: "segments", role: "group", "aria-label": label },
    choice(false, "Add"),
    choice(true, "Subtract"),
  );
}

function partChips() {
  const { list, state, error } = partsOn(activeCanvas());
  if (state === "busy") return [h("p", { class: "tool-hint", role: "status" }, "Finding parts…")];
  if (state === "failed") return [h("p", { class: "problem", role: "alert" }, error)];
  const chips = list.map((part) =>
    h(
      "button",
      {
        type: "button",
        class: "chip",
        "data-part": part.name,
        onclick: () => togglePart(part),
        onpointerenter: () => parts.patch({ hovered: part.name }),
        onpointerleave: () => parts.patch({ hovered: null }),
      },
      part.label,
    ),
  );
  if (!chips.length) return [hint("This model has no automatic parts.")];
  const group = h("div", { class: "chips", role: "group", "aria-label": "Parts" }, ...chips);
  return [h("p", { class: "visually-hidden" }, HINTS.parts), group];
}

customElements.define("studio-toolbar", StudioToolbar);
