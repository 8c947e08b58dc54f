/** How many there are of what. */
export class Stock {
  readonly #levels: Map<string, number>
  #news = Promise.withResolvers<void>()

  constructor(levels: Readonly<Record<string, number>>) {
    this.#levels = new Map(Object.entries(levels))
  }

  /** Takes all of a quantity, or nothing: returns which. */
  take(sku: string, quantity: number): boolean {
    if (quantity > (this.#levels.get(sku) ?? 0)) return false
    this.add(sku, -quantity)
    return true
  }

  add(sku: string, quantity: number): void {
    this.#levels.set(sku, (this.#levels.get(sku) ?? 0) + quantity)
    this.#wakeWatchers()
  }

  /** Each level, and again when it has changed: who reads slowly misses what was in between. */
  async *watch(ended: AbortSignal): AsyncGenerator<{ readonly sku: string; readonly available: number }> {
    ended.addEventListener('abort', () => this.#wakeWatchers())
    const told = new Map<string, number>()
    while (!ended.aborted) {
      const news = this.#news.promise
      for (const [sku, available] of this.#levels) {
        if (told.get(sku) !== available) yield { sku, available }
        told.set(sku, available)
      }
      await news
    }
  }

  #wakeWatchers(): void {
    this.#news.resolve()
    this.#news = Promise.withResolvers()
  }
}
