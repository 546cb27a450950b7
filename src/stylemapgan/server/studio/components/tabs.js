/** `<studio-tabs>`: on phones, opens the pictures, pieces or directions as a sheet. */

import { h, icon } from "../core/dom.js";
import { desk } from "../core/state.js";

/** @typedef {"pictures" | "pieces" | "directions"} Sheet */

/** @type {readonly {sheet: Sheet, picture: string, label: string}[]} */
const TABS = [
  { sheet: "pictures", picture: "pictures", label: "Pictures" },
  { sheet: "pieces", picture: "layers", label: "Pieces" },
  { sheet: "directions", picture: "sliders", label: "Directions" },
];

class StudioTabs extends HTMLElement {
  connectedCallback() {
    const buttons = TABS.map(({ sheet, picture, label }) =>
      h(
        "button",
        { type: "button", id: `tab-${sheet}`, onclick: () => toggle(sheet) },
        icon(picture),
        label,
      ),
    );
    this.append(...buttons);
    desk.subscribe(({ sheet }) => {
      document.body.dataset.sheet = sheet ?? "";
      TABS.forEach((tab, index) =>
        buttons[index].setAttribute("aria-expanded", String(tab.sheet === sheet)),
      );
    });
  }
}

/** @param {Sheet} sheet */
const toggle = (sheet) => desk.patch({ sheet: desk.value.sheet === sheet ? null : sheet });

customElements.define("studio-tabs", StudioTabs);
