/** `<studio-toasts>`: short messages at the edge of the page. */

import { h, icon, iconButton } from "../core/dom.js";
import { dismiss, notices } from "../core/notices.js";

class StudioToasts extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "log");
    this.setAttribute("aria-live", "polite");
    notices.subscribe((list) => {
      const toasts = list.map(({ id, text, tone }) =>
        h(
          "div",
          { class: `toast is-${tone}` },
          icon(tone === "error" ? "warning" : "help"),
          h("p", {}, text),
          iconButton("close", "Dismiss", { onclick: () => dismiss(id) }),
        ),
      );
      this.replaceChildren(...toasts);
    });
  }
}

customElements.define("studio-toasts", StudioToasts);
