import { setTimeout } from 'node:timers/promises'
import { monotonicClock } from '../../../src/core/clock.ts'
import type { Outcome, Report } from '../report.ts'

const PAUSE_MS = 20

/** Calls that are made one after the other until they are told to end. */
export class Traffic {
  readonly #what: string
  readonly #call: () => Promise<Outcome>
  readonly #pauseMs: number
  readonly #begunAt = monotonicClock()
  readonly #refused: Outcome[] = []
  readonly #running: Promise<void>
  #count = 0
  #longestMs = 0
  #isEnding = false

  constructor(what: string, call: () => Promise<Outcome>, pauseMs = PAUSE_MS) {
    this.#pauseMs = pauseMs
    this.#what = what
    this.#call = call
    this.#running = this.#run()
    this.#running.catch(() => {}) // until somebody asks how it went
  }

  /**
   * Ends it after at least so many more calls, and reports how it went.
   * @param tolerated how many may have been refused
   */
  async end(
    report: Report,
    { more, tolerated = 0 }: { readonly more: number; readonly tolerated?: number },
  ): Promise<void> {
    const last = this.#count + more
    while (this.#count < last) await Promise.race([setTimeout(PAUSE_MS), this.#running])
    this.#isEnding = true
    await this.#running
    const { length } = this.#refused
    const words = (isRight: boolean) => `${isRight ? 'no more' : 'more'} than ${tolerated} refused`
    const kinds = [...new Set(this.#refused.map(({ status, reason = '' }) => `${status} ${reason}`.trim()))]
    const which = length === 0 ? '' : ` (${kinds.join(', ')})`
    report.step({
      kind: 'effect',
      what: this.#what,
      expected: { outcome: 'seen', reason: words(true) },
      actual: { outcome: 'seen', reason: words(length <= tolerated) },
      durationMs: monotonicClock() - this.#begunAt,
      told: `${this.#count} calls, the longest ${this.#longestMs.toFixed(0)} ms; ${length} refused${which}.`,
    })
  }

  async #run(): Promise<void> {
    while (!this.#isEnding) {
      const start = monotonicClock()
      const outcome = await this.#call()
      if (outcome.outcome === 'refused') this.#refused.push(outcome)
      this.#longestMs = Math.max(this.#longestMs, monotonicClock() - start)
      this.#count += 1
      await setTimeout(this.#pauseMs)
    }
  }
}
