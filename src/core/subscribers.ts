/** Those who want to hear of each new value. */
export class Subscribers<Value> {
  readonly #listeners = new Set<(value: Value) => void>()

  /** Calls `listener` with each later value. Returns what ends that. */
  add(listener: (value: Value) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Tells everyone, also where one of them fails; not those whom another ended meanwhile.
   * @throws AggregateError with what they threw, once all have been told
   */
  publish(value: Value): void {
    const failures: unknown[] = []
    for (const listener of [...this.#listeners]) {
      if (!this.#listeners.has(listener)) continue
      try {
        listener(value)
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Subscribers failed.')
  }
}
