/**
 * Waits for news that may be about to come: for a moment that begins with the first who waits, and that all others who come
 * meanwhile share. However many wait, there is one timer and one promise.
 */
export class ShortWait {
  readonly #longestMs: number
  #news: PromiseWithResolvers<void> | undefined

  constructor(longestMs: number) {
    this.#longestMs = longestMs
  }

  /** Resolves once `isMet`, which is asked again at each news, or at the end of the moment. */
  async until(isMet: () => boolean): Promise<void> {
    if (isMet()) return
    this.#news ??= this.#begin()
    while (this.#news !== undefined && !isMet()) await this.#news.promise
  }

  /** There is news. */
  wake(): void {
    if (this.#news === undefined) return
    const told = this.#news
    this.#news = Promise.withResolvers()
    told.resolve()
  }

  #begin(): PromiseWithResolvers<void> {
    const end = () => {
      const told = this.#news
      this.#news = undefined
      told?.resolve()
    }
    setTimeout(end, this.#longestMs)
    return Promise.withResolvers()
  }
}
