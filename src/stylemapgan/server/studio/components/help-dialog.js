/** The help dialog: how it works in five lines, and every key. */

import { h } from "../core/dom.js";
import { openDialog } from "./dialog.js";
import { TOOL_LIST } from "./toolbar.js";

const LEAD = [
  "Paint on the picture: the chosen reference appears there, in the style and light of the source.",
  "Paint on the reference instead, then drag the piece to any place with Move.",
  "Directions change the picture as a whole, or only where you paint.",
];

const KEYS = [
  ...TOOL_LIST.map(({ key, label }) => [key, label]),
  ["[ ]", "Smaller or larger brush"],
  ["Alt", "With lasso and rectangle: take away"],
  ["Arrows", "Move the piece, or the drawing cross"],
  ["Shift + arrows", "In larger steps"],
  ["Enter", "Draw at the cross"],
  ["Ctrl + Z", "Undo"],
  ["Ctrl + Shift + Z", "Redo"],
  ["C", "Before and after"],
  ["X", "Paint on result or reference"],
  ["0", "Fit the picture"],
  ["Space + drag", "Move the view"],
  ["Wheel, pinch", "Zoom"],
  ["Ctrl + S", "Save the project"],
  ["?", "This page"],
];

export function openHelp() {
  if (document.getElementById("help-dialog")) return;
  const lead = h("ul", { class: "help-lead" }, ...LEAD.map((line) => h("li", {}, line)));
  const rows = KEYS.flatMap(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)]);
  openDialog("help-dialog", "How it works", [lead, h("dl", { class: "keys" }, ...rows)]);
}
