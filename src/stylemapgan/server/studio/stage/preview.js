/** Asks for live pictures: small ones while the work changes, sharper ones once it rests. */

import { currentLook, fieldsOf } from "../core/looks.js";
import { desk, work } from "../core/state.js";
import { QUICK_SIZE, restingSize } from "./picture-size.js";
import { view } from "./view.js";

/** @import { Live } from "../core/live.js" */
/** @import { Look } from "../core/looks.js" */
/** @import { Work } from "../core/types.js" */

const REST = 300; // milliseconds without a change

/** Whether no other picture is on its way: what tests wait for. */
export let isSettled = () => false;

/** Shows the work through the live connection, whenever it, its look or the zoom changes.
 * @param {Live} live */
export function startPreview(live) {
  /** @type {{work: Work, look: Look} | null} */
  let shown = null;
  let timer = 0;
  const ask = (/** @type {number} */ size) =>
    live.show(work.value, { ...fieldsOf(currentLook()), size });
  const sharpen = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = 0;
      ask(restingSize(work.value.source));
    }, REST);
  };
  isSettled = () => timer === 0 && live.isCaughtUp;
  const update = () => {
    const look = currentLook();
    if (shown?.work === work.value && shown.look === look) return;
    shown = { work: work.value, look };
    ask(QUICK_SIZE);
    sharpen();
  };
  work.subscribe(update);
  desk.subscribe(update);
  view.subscribe(sharpen);
}
