/** Values that tell others when they change, and a value with a history. */

/**
 * One immutable value and those who want to hear of a new one.
 * Listeners run once per microtask, however often the value changed before.
 * @template T
 */
export class Store {
  /** @type {T} */ #value;
  /** @type {Set<(value: T) => void>} */ #listeners = new Set();
  #isTelling = false;

  /** @param {T} value */
  constructor(value) {
    this.#value = value;
  }

  get value() {
    return this.#value;
  }

  /** @param {T} value */
  set(value) {
    if (value === this.#value) return;
    this.#value = value;
    this.tell();
  }

  /** Replaces some fields. @param {Partial<T>} fields */
  patch(fields) {
    this.set({ ...this.#value, ...fields });
  }

  /** @param {(value: T) => void} listener */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell() {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      for (const listener of this.#listeners) listener(this.#value);
    });
  }
}

const LONGEST_HISTORY = 200;

/**
 * A store that can go back. A gesture calls `set` as often as it likes and `commit` at its end:
 * one step of the history.
 * @template T
 * @extends {Store<T>}
 */
export class History extends Store {
  /** @type {T[]} */ #past = [];
  /** @type {T[]} */ #future = [];
  /** @type {T} */ #committed;

  /** @param {T} value */
  constructor(value) {
    super(value);
    this.#committed = value;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** Ends a step: what `set` changed since the last one becomes one entry. */
  commit() {
    if (this.value === this.#committed) return;
    this.#past = [...this.#past, this.#committed].slice(-LONGEST_HISTORY);
    this.#future = [];
    this.#committed = this.value;
    this.tell();
  }

  /** Sets and commits. @param {T} value */
  do(value) {
    this.commit();
    this.set(value);
    this.commit();
  }

  /** Drops what `set` changed since the last step. */
  cancel() {
    this.set(this.#committed);
  }

  undo() {
    this.commit();
    this.#walk(this.#past, this.#future);
  }

  redo() {
    this.commit();
    this.#walk(this.#future, this.#past);
  }

  /** Starts a new history. @param {T} value */
  restart(value) {
    this.#past = [];
    this.#future = [];
    this.#committed = value;
    this.set(value);
    this.tell();
  }

  /** Changes every entry, for example when ids have new names. @param {(value: T) => T} change */
  rewrite(change) {
    const isClean = this.value === this.#committed;
    this.#past = this.#past.map(change);
    this.#future = this.#future.map(change);
    this.#committed = change(this.#committed);
    this.set(isClean ? this.#committed : change(this.value));
  }

  /** @param {T[]} from @param {T[]} to */
  #walk(from, to) {
    const next = from.pop();
    if (next === undefined) return;
    to.push(this.#committed);
    this.#committed = next;
    this.set(next);
  }
}
