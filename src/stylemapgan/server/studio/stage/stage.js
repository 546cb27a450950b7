/** `<studio-stage>`: the canvas for painting. */

import { find, h, icon } from "../core/dom.js";
import { shelf } from "../core/shelf.js";
import { desk, frame, modelSize, work } from "../core/state.js";
import { Gestures } from "./gestures.js";
import { Images } from "./images.js";
import { ARROWS, KeyboardPointer } from "./keyboard.js";
import { draw } from "./painter.js";
import { gather } from "./scene.js";
import { TOOLS } from "./tools/index.js";
import { loadParts, parts } from "./tools/parts.js";
import { panBy, publish, view, viewport, zoomBy } from "./view.js";

/** @import { Point } from "../core/types.js" */

const OFFLINE = "Cannot reach the server; retrying. Your work stays in this page.";
const HELP = "Picture. Arrow keys move the drawing cursor or the selected piece; Enter draws.";

export class StudioStage extends HTMLElement {
  #canvas = h("canvas", { id: "canvas", tabindex: "0", role: "application", "aria-label": HELP });
  #divider = dividerHandle();
  #note = h("p", { class: "stage-note", role: "status", hidden: true });
  #images = new Images(() => this.invalidate());
  #keyboard = new KeyboardPointer();
  #isDrawing = false;
  #isScheduled = false;
  /** @type {Gestures | null} */ #gestures = null;

  connectedCallback() {
    this.append(this.#canvas, this.#divider, this.#note);
    this.#gestures = this.#listen();
    for (const store of [work, desk, frame, shelf, view, parts]) {
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
    const toPicture = (/** @type {Point} */ point) => viewport.toPicture(point);
    const canvas = this.#canvas;
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("blur", () => this.#keyboard.leave(this.#tool));
    return new Gestures(canvas, {
      start: (point, event) => {
        if (desk.value.sheet) return desk.patch({ sheet: null });
        if (desk.value.isComparing) desk.patch({ isComparing: false });
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
        this.#tool.hover?.(point && toPicture(point), viewport.scale);
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
    if (tool === "parts") void loadParts();
  }

  #draw() {
    const { width, height } = this.getBoundingClientRect();
    const density = devicePixelRatio || 1;
    const [columns, rows] = [Math.round(width * density), Math.round(height * density)];
    if (this.#canvas.width !== columns || this.#canvas.height !== rows) {
      this.#canvas.width = columns;
      this.#canvas.height = rows;
    }
    viewport.resize(width, height, modelSize(), margins(this));
    const context = this.#canvas.getContext("2d");
    if (!context) return;
    const scene = gather(this.#images, inks(this), this.#isDrawing);
    draw(context, viewport, scene, density);
    this.#placeDivider(scene.divider);
    this.#canvas.dataset.frames = String(frame.value.arrived);
    if (Math.abs(viewport.zoom - view.value.zoom) > 0.001) publish();
  }

  /** @param {number | null} divider */
  #placeDivider(divider) {
    this.#divider.hidden = divider === null;
    if (divider === null) return;
    const { x, y } = viewport.toScreen({ x: divider * modelSize(), y: modelSize() / 2 });
    this.#divider.style.translate = `${x}px ${y}px`;
    this.#divider.setAttribute("aria-valuenow", String(Math.round(100 * divider)));
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

/** The handle between before and after: a slider for keyboards too. */
function dividerHandle() {
  const set = (/** @type {number} */ divider) =>
    view.patch({ divider: Math.min(Math.max(divider, 0), 1) });
  const handle = h(
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
  handle.addEventListener("pointerdown", (event) => handle.setPointerCapture(event.pointerId));
  handle.addEventListener("pointermove", (event) => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const left = find(document, "studio-stage").getBoundingClientRect().left;
    set(viewport.toPicture({ x: event.clientX - left, y: 0 }).x / modelSize());
  });
  handle.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -0.02, ArrowRight: 0.02 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    set(view.value.divider + step);
  });
  return handle;
}

customElements.define("studio-stage", StudioStage);
