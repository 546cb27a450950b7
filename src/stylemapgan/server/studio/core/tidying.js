/** Lets go pictures that nothing shows any more: of other squares, other models, removed ones. */

import { keepAddresses } from "./addresses.js";
import { sampleSubject, uploadSubject } from "./subjects.js";
import { shelf } from "./shelf.js";
import { work } from "./state.js";

const PAUSE = 1000; // milliseconds in which what shows now can load

/** Tidies a while after each change. */
export function startTidying() {
  let isPlanned = false;
  const plan = () => {
    if (isPlanned) return;
    isPlanned = true;
    setTimeout(() => {
      isPlanned = false;
      keepAddresses(subjectsInUse());
    }, PAUSE);
  };
  shelf.subscribe(plan);
  work.subscribe(plan);
}

/** What the page may show without another change. */
function subjectsInUse() {
  const { model, source, references, pieces } = work.value;
  const subjects = new Set([...references, ...pieces.map((piece) => piece.reference)]);
  if (source) subjects.add(source);
  for (const { key, sample, photo, stylemap } of shelf.value) {
    if (photo) subjects.add(photo.id);
    if (stylemap) subjects.add(stylemap.id);
    else subjects.add(sample ? sampleSubject(model, sample) : uploadSubject(key));
  }
  return subjects;
}
