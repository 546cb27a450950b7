/** The help dialog: how it works, and all keys. */

import { h } from "../core/dom.js";
import { openDialog } from "./dialog.js";
import { TOOL_LIST } from "./toolbar.js";

const LEAD = [
  "Paint over a part of the reference: it appears in the result, in the light of the source.",
  "Or paint on the result: the reference appears under the brush. Move drags a piece elsewhere.",
  "Directions change the whole picture, or only where you paint.",
];

const KEYS = [
  ...TOOL_LIST.map(({ key, label }) => [key, label]),
  ["[ ]", "Smaller or larger brush"],
  ["Alt", "With lasso and rectangle: subtract"],
  ["Arrows", "Move the piece, or the drawing cursor"],
  ["Shift + arrows", "Move in larger steps"],
  ["Enter", "Start or stop drawing at the cursor"],
  ["Ctrl + Z", "Undo"],
  ["Ctrl + Shift + Z", "Redo"],
  ["C", "Compare before and after"],
  ["X", "Change between reference and result"],
  ["0", "Fit the picture"],
  ["1", "Actual pixels of the photo"],
  ["Space + drag", "Move the view"],
  ["Wheel, pinch", "Zoom"],
  ["Ctrl + S", "Save the project"],
  ["?", "Open this help"],
];

export function openHelp() {
  if (document.getElementById("help-dialog")) return;
  const lead = h("ul", { class: "help-lead" }, ...LEAD.map((line) => h("li", {}, line)));
  const rows = KEYS.flatMap(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)]);
  openDialog("help-dialog", "How it works", [lead, h("dl", { class: "keys" }, ...rows)]);
}
