/** `<studio-stage>`: the canvas for painting. */

import { h } from "../core/dom.js";
import { shelf } from "../core/shelf.js";
import { activeCanvas, desk, frame, modelSize, shownCanvases, work } from "../core/state.js";
import { comparison } from "./comparison.js";
import { Divider } from "./divider.js";
import { Gestures } from "./gestures.js";
import { Images } from "./images.js";
import { ARROWS, KeyboardPointer } from "./keyboard.js";
import { clear, draw } from "./painter.js";
import { layOut } from "./panes.js";
import { gather } from "./scene.js";
import { TOOLS } from "./tools/index.js";
import { loadParts, parts } from "./tools/parts.js";
import {
  arrange,
  canvasAt,
  panBy,
  paneOf,
  publish,
  toPane,
  view,
  viewport,
  zoomBy,
} from "./view.js";

/** @import { Canvas, Point } from "../core/types.js" */

const OFFLINE = "Cannot reach the server; retrying. Your work stays in this page.";
const HELP = "Picture. Arrow keys move the drawing cursor or the selected piece; Enter draws.";

export class StudioStage extends HTMLElement {
  #canvas = h("canvas", { id: "canvas", tabindex: "0", role: "application", "aria-label": HELP });
  #divider = new Divider();
  #note = h("p", { class: "stage-note", role: "status", hidden: true });
  #images = new Images(() => this.invalidate());
  #keyboard = new KeyboardPointer();
  /** @type {Canvas | null} where the pointer is */ #pointed = null;
  #isDrawing = false;
  #isScheduled = false;
  /** @type {Gestures | null} */ #gestures = null;

  connectedCallback() {
    this.append(this.#canvas, ...this.#divider.elements, this.#note);
    this.#gestures = this.#listen();
    for (const store of [work, desk, frame, shelf, view, parts, comparison]) {
      store.subscribe(() => this.invalidate());
    }
    desk.subscribe(() => this.#follow());
    work.subscribe(() => this.#follow());
    new ResizeObserver(() => this.invalidate()).observe(this);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.invalidate());
    document.addEventListener("themechange", () => this.invalidate());
  }

  get #tool() {
    return TOOLS[desk.value.tool];
  }

  /** Draws again at the next animation frame. */
  invalidate() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#draw();
    });
  }

  #listen() {
    const toPicture = (/** @type {Point} */ point) =>
      viewport.toPicture(toPane(point, this.#pointed ?? activeCanvas()));
    const canvas = this.#canvas;
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("blur", () => this.#keyboard.leave(this.#tool));
    return new Gestures(canvas, {
      start: (point, event) => {
        if (desk.value.sheet) return desk.patch({ sheet: null });
        this.#pointed = canvasAt(point) ?? null;
        const isFixed = desk.value.tool === "move" && this.#pointed === "reference";
        if (!this.#pointed || isFixed) return;
        desk.patch({ isComparing: false, canvas: this.#pointed });
        this.#isDrawing = true;
        this.#tool.start(toPicture(point), event, viewport.scale);
      },
      move: (points, event) => {
        this.#tool.move(points.map(toPicture), event);
        this.invalidate();
      },
      end: () => {
        this.#isDrawing = false;
        this.#tool.end();
        this.invalidate();
      },
      cancel: () => {
        this.#isDrawing = false;
        this.#tool.cancel();
      },
      hover: (point) => {
        this.#pointed = (point && canvasAt(point)) ?? null;
        const canvas = this.#pointed ?? activeCanvas();
        this.#tool.hover?.(this.#pointed && point && toPicture(point), viewport.scale, canvas);
        this.invalidate();
      },
      pan: panBy,
      zoom: zoomBy,
    });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ARROWS && desk.value.tool !== "move") {
      this.#keyboard.move(event.key, event.shiftKey, this.#tool);
    } else if (event.key === "Enter") {
      this.#keyboard.press(this.#tool, viewport.scale);
    } else {
      return;
    }
    event.preventDefault();
    this.invalidate();
  }

  /** While space is held, dragging moves the picture. @param {boolean} isDown */
  holdSpace(isDown) {
    this.#gestures?.holdSpace(isDown);
  }

  #follow() {
    const { tool, connection } = desk.value;
    const note = connection === "offline" ? OFFLINE : desk.value.busy;
    this.#canvas.dataset.tool = tool;
    this.#canvas.style.cursor = this.#tool.cursor;
    this.#note.hidden = !note;
    this.#note.textContent = note ?? "";
    if (tool === "parts") loadParts();
  }

  #draw() {
    const { width, height } = this.getBoundingClientRect();
    const density = devicePixelRatio || 1;
    const [columns, rows] = [Math.round(width * density), Math.round(height * density)];
    if (this.#canvas.width !== columns || this.#canvas.height !== rows) {
      this.#canvas.width = columns;
      this.#canvas.height = rows;
    }
    arrange(layOut(shownCanvases(), width, height, margins(this)), modelSize());
    const context = this.#canvas.getContext("2d");
    if (!context) return;
    clear(context);
    const pointer = { canvas: this.#pointed ?? activeCanvas(), isDrawing: this.#isDrawing };
    for (const canvas of shownCanvases()) {
      const pane = paneOf(canvas);
      const scene = gather(canvas, this.#images, inks(this), pointer);
      if (pane) draw(context, viewport, pane, scene, density);
    }
    this.#divider.place(desk.value.isComparing ? view.value.divider : null);
    this.#canvas.dataset.frames = String(frame.value.arrived);
    if (Math.abs(viewport.zoom - view.value.zoom) > 0.001) publish();
  }
}

/** Room the floating bars need, from the style sheet. @param {HTMLElement} element */
function margins(element) {
  const style = getComputedStyle(element);
  const read = (/** @type {string} */ side) =>
    parseFloat(style.getPropertyValue(`padding-${side}`));
  return { top: read("top"), right: read("right"), bottom: read("bottom"), left: read("left") };
}

/** @param {HTMLElement} element */
function inks(element) {
  const style = getComputedStyle(element);
  const read = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return { accent: read("--accent"), halo: read("--ink-halo"), line: read("--ink-line") };
}

customElements.define("studio-stage", StudioStage);
