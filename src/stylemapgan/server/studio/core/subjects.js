/** Names for what pictures show where it has no id: samples, and files not sent yet. */

/** @param {string} model @param {string} sample */
export const sampleSubject = (model, sample) => `sample ${sample} of ${model}`;

/** @param {string} key of a picture on the shelf */
export const uploadSubject = (key) => `upload ${key}`;
