/** Keys that work anywhere on the page. */

import { openHelp } from "../components/help-dialog.js";
import { saveWork } from "../components/download-menu.js";
import { TOOL_LIST } from "../components/toolbar.js";
import { ARROWS } from "../stage/keyboard.js";
import { nudge } from "../stage/tools/move.js";
import { showActualPixels } from "../stage/picture-size.js";
import { fit } from "../stage/view.js";
import { StudioStage } from "../stage/stage.js";
import { activeCanvas, currentModel, desk, toggleComparison, work } from "./state.js";

/** Elements that take letters. Sliders only take arrow keys. */
const WRITES = "input:not([type=range], [type=checkbox]), select, textarea, dialog";

/** @param {KeyboardEvent} event @returns {(() => void) | undefined} */
function withControl(event) {
  /** @type {Record<string, () => void>} */
  const commands = {
    z: () => (event.shiftKey ? work.redo() : work.undo()),
    y: () => work.redo(),
    s: () => void saveWork(),
  };
  return commands[event.key.toLowerCase()];
}

/** @param {number} factor */
const resizeBrush = (factor) =>
  desk.patch({ brushSize: Math.min(Math.max(desk.value.brushSize * factor, 0.02), 0.6) });

/** @type {Record<string, () => void>} */
const PLAIN = {
  ...Object.fromEntries(
    TOOL_LIST.map(({ key, name }) => [key.toLowerCase(), () => desk.patch({ tool: name })]),
  ),
  "[": () => resizeBrush(1 / 1.2),
  "]": () => resizeBrush(1.2),
  "?": openHelp,
  0: fit,
  1: showActualPixels,
  c: toggleComparison,
  x: () => desk.patch({ canvas: activeCanvas() === "source" ? "reference" : "source" }),
};

/** Arrow keys move the selected piece: by a pixel, with Shift by a cell of the stylemap.
 * @param {KeyboardEvent} event */
function moveByArrow(event) {
  const isSliding = event.target instanceof HTMLInputElement;
  if (isSliding || desk.value.tool !== "move" || !(event.key in ARROWS)) return false;
  const model = currentModel();
  const step = event.shiftKey && model ? model.image_size / model.stylemap_size : 1;
  const [dx, dy] = ARROWS[event.key];
  return nudge(dx * step, dy * step);
}

const stage = () => /** @type {StudioStage | null} */ (document.querySelector("studio-stage"));

/** Whether space belongs to the canvas, not to a button. @param {EventTarget | null} target */
const isFree = (target) => target === document.body || target === document.getElementById("canvas");

/** @param {KeyboardEvent} event */
function press(event) {
  const isWriting = event.target instanceof Element && event.target.closest(WRITES) !== null;
  if (isWriting) return;
  if (event.key === " " && isFree(event.target)) {
    stage()?.holdSpace(true);
    return event.preventDefault();
  }
  const command =
    event.ctrlKey || event.metaKey
      ? withControl(event)
      : event.altKey
        ? undefined
        : PLAIN[event.key];
  if (command) command();
  else if (!moveByArrow(event)) return;
  event.preventDefault();
}

export function startKeys() {
  addEventListener("keydown", press);
  addEventListener("keyup", (event) => {
    if (event.key === " ") stage()?.holdSpace(false);
    if (event.key in ARROWS && desk.value.tool === "move") work.commit();
  });
}
