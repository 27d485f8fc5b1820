// @ts-check

/**
 * A promise that is made when somebody asks for it, so that a rejection nobody waits for is not
 * reported as unhandled.
 * @template T
 */
export class Later {
  /** @type {Promise<T> | undefined} */
  #promise;
  /** What it came to, as an act on the promise. @type {((resolve: (value: T) => void, reject: (error: unknown) => void) => void) | undefined} */
  #end;
  /** @type {() => void} */
  #wake = () => {};

  /** Whether anybody has asked. */
  get asked() {
    return this.#promise !== undefined;
  }

  get promise() {
    if (!this.#promise) {
      this.#promise = new Promise((resolve, reject) => {
        this.#wake = () => this.#end?.(resolve, reject);
        this.#wake();
      });
      this.#promise.catch(() => {});
    }
    return this.#promise;
  }

  /** @param {T} value */
  resolve(value) {
    this.#finish((resolve) => resolve(value));
  }

  /** @param {unknown} error */
  reject(error) {
    this.#finish((_, reject) => reject(error));
  }

  /** @param {(resolve: (value: T) => void, reject: (error: unknown) => void) => void} end */
  #finish(end) {
    this.#end ??= end;
    this.#wake();
  }
}
