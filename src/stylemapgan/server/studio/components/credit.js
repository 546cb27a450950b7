/** The credit of sample pictures, with its addresses as links. */

import { h } from "../core/dom.js";

const LINKED = /doi (10\.\S*[^\s.,])|(\w[\w ]*[\w.]+) \((https:\/\/[^\s)]+)\)/g;

/** A doi becomes a link, and so do the words before an address in brackets.
 * @param {string} text */
export function credit(text) {
  const line = h("p", { class: "credit" });
  let end = 0;
  for (const match of text.matchAll(LINKED)) {
    const [whole, doi, words, address] = match;
    line.append(text.slice(end, match.index));
    line.append(doi ? link(`https://doi.org/${doi}`, `doi ${doi}`) : link(address, words));
    end = match.index + whole.length;
  }
  line.append(text.slice(end));
  return line;
}

/** @param {string} href @param {string} text */
const link = (href, text) => h("a", { href, target: "_blank", rel: "noopener noreferrer" }, text);
