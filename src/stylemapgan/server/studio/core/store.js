/** Values that notify listeners of changes, and a value with undo and redo. */

/**
 * One immutable value and its listeners, which run at most once per microtask.
 * @template T
 */
export class Store {
  /** @type {T} */ #value;
  /** @type {Set<(value: T) => void>} */ #listeners = new Set();
  #isNotifying = false;

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
    this.notify();
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

  notify() {
    if (this.#isNotifying) return;
    this.#isNotifying = true;
    queueMicrotask(() => {
      this.#isNotifying = false;
      for (const listener of this.#listeners) listener(this.#value);
    });
  }
}

const LONGEST_HISTORY = 200;

/**
 * A store with undo. A gesture calls `set` any number of times and `commit` at its end, which
 * adds one step to the history.
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

  /** Ends a step: all changes since the last one become one entry. */
  commit() {
    if (this.value === this.#committed) return;
    this.#past = [...this.#past, this.#committed].slice(-LONGEST_HISTORY);
    this.#future = [];
    this.#committed = this.value;
    this.notify();
  }

  /** Sets and commits. @param {T} value */
  do(value) {
    this.commit();
    this.set(value);
    this.commit();
  }

  /** Reverts changes since the last step. */
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
    this.notify();
  }

  /** Changes every entry, for example to rename ids. @param {(value: T) => T} change */
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
