/** `<studio-topbar>`: model, undo and redo, connection, theme, help, download. */

import { switchModel } from "../core/actions.js";
import { h, icon, iconButton } from "../core/dom.js";
import { currentModel, desk, work } from "../core/state.js";
import { toggleTheme } from "../core/theme.js";
import { downloadMenu } from "./download-menu.js";
import { openHelp } from "./help-dialog.js";

const CONNECTIONS = { connecting: "connecting…", live: "live", offline: "offline" };

class StudioTopbar extends HTMLElement {
  #model = h("select", {
    id: "model",
    "aria-label": "Model",
    onchange: () => void switchModel(this.#model.value),
  });
  #undo = iconButton("undo", "Undo (Ctrl+Z)", {
    id: "undo",
    "aria-label": "Undo",
    onclick: () => work.undo(),
  });
  #redo = iconButton("redo", "Redo (Ctrl+Shift+Z)", {
    id: "redo",
    "aria-label": "Redo",
    onclick: () => work.redo(),
  });
  #status = h("span", {
    class: "status",
    id: "status",
    title: "Time from the latest change to its picture",
  });
  #theme = iconButton("moon", "Dark or light theme", { id: "theme", onclick: toggleTheme });

  connectedCallback() {
    const brand = h("span", { class: "brand" }, icon("mark"), h("span", {}, "StyleMapGAN Studio"));
    const history = h("div", { class: "button-group" }, this.#undo, this.#redo);
    const help = iconButton("help", "Help (?)", { id: "help", onclick: openHelp });
    this.append(
      brand,
      this.#model,
      history,
      h("span", { class: "spacer" }),
      this.#status,
      this.#theme,
      help,
      downloadMenu(),
    );
    for (const store of [work, desk]) store.subscribe(() => this.#update());
    document.addEventListener("themechange", () => this.#update());
    this.#update();
  }

  #update() {
    const { models, connection, milliseconds, busy } = desk.value;
    if (this.#model.options.length !== models.length) {
      const options = models.map((model) => h("option", { value: model.name }, model.title));
      this.#model.replaceChildren(...options);
    }
    this.#model.value = work.value.model;
    this.#model.disabled = busy !== null;
    this.#model.title = currentModel()?.about ?? "";
    this.#undo.disabled = !work.canUndo;
    this.#redo.disabled = !work.canRedo;
    this.#status.dataset.state = connection;
    const isTimed = connection === "live" && milliseconds !== null;
    this.#status.textContent = isTimed ? `${Math.round(milliseconds)} ms` : CONNECTIONS[connection];
    const isDark = document.documentElement.dataset.theme === "dark";
    this.#theme.querySelector("use")?.setAttribute("href", `#icon-${isDark ? "sun" : "moon"}`);
  }
}

customElements.define("studio-topbar", StudioTopbar);
