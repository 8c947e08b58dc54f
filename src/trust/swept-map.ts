/**
 * Numbers by ID, of which those that are over are forgotten little by little: to look at a million at once would take a
 * server's time for a moment that its callers notice.
 */
export class SweptMap {
  readonly #numbers = new Map<string, number>()
  /** Where the last sweep stopped. */
  #rest: MapIterator<[string, number]> | undefined

  get size(): number {
    return this.#numbers.size
  }

  has(id: string): boolean {
    return this.#numbers.has(id)
  }

  get(id: string): number | undefined {
    return this.#numbers.get(id)
  }

  /** Of two numbers for one ID the higher one counts. */
  raise(id: string, value: number): void {
    const former = this.#numbers.get(id)
    if (former === undefined || former < value) this.#numbers.set(id, value)
  }

  entries(): IterableIterator<[string, number]> {
    return this.#numbers.entries()
  }

  /** Looks at the next `count` of them, and deletes those below `limit`. */
  sweep(count: number, limit: number): void {
    if (this.#numbers.size === 0) return
    this.#rest ??= this.#numbers.entries()
    for (let looked = 0; looked < count; looked += 1) {
      const { done, value } = this.#rest.next()
      if (done === true) {
        this.#rest = undefined
        return
      }
      if (value[1] < limit) this.#numbers.delete(value[0])
    }
  }
}
