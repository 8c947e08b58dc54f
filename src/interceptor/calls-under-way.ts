/** Counts the calls that a server is answering, so that it can wait for their ends. */
export class CallsUnderWay {
  #count = 0
  readonly #waiting = new Set<() => void>()

  begin(): void {
    this.#count += 1
  }

  /** Once for each call. */
  end(): void {
    this.#count -= 1
    if (this.#count === 0) for (const wake of this.#waiting) wake()
  }

  /** Resolves to true once no call is under way, and to false after `timeoutMs`. */
  settle(timeoutMs: number): Promise<boolean> {
    if (this.#count === 0) return Promise.resolve(true)
    return new Promise((resolve) => {
      const finish = (isSettled: boolean) => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve(isSettled)
      }
      const wake = () => finish(true)
      const timer = setTimeout(finish, timeoutMs, false)
      this.#waiting.add(wake)
    })
  }
}
