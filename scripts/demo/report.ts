import { monotonicClock } from '../../src/core/clock.ts'

/** How a call went, or must go. */
export interface Outcome {
  readonly outcome: 'allowed' | 'refused'
  /** The gRPC status that the caller sees. */
  readonly status: string
  /** Why it was refused: the code, and words where the code covers several cases. */
  readonly reason?: string
}

export interface Row {
  readonly caller: string
  /** Who was called, and what. */
  readonly called: string
  readonly expected: Outcome
  readonly actual: Outcome
  readonly durationMs: number
}

/** Tells what happens, line by line, and remembers what should not have. */
export class Report {
  readonly #start = monotonicClock()
  #allowed = 0
  #refused = 0
  #isEnded = false
  readonly #deviations: string[] = []

  say(text: string): void {
    if (!this.#isEnded) process.stdout.write(`${text}\n`)
  }

  row({ caller, called, expected, actual, durationMs }: Row): void {
    const { outcome, status, reason = '' } = actual
    if (outcome === 'allowed') this.#allowed += 1
    else this.#refused += 1
    const deviation = describe(actual) === describe(expected) ? undefined : `expected ${describe(expected)}`
    const time = `${durationMs.toFixed(1).padStart(6)} ms`
    const columns = [caller.padEnd(10), '→', called.padEnd(35), outcome, time, status.padEnd(17), reason]
    this.say(`  ${deviation === undefined ? '✓' : '✗'} ${columns.join(' ').trimEnd()}`)
    if (deviation === undefined) return
    this.say(`    ${deviation}`)
    this.#deviations.push(`${caller} → ${called}: ${describe(actual)}, ${deviation}`)
  }

  /** Says the last word: what the story still tells meanwhile is about its own end. */
  end(text: string): void {
    this.say(text)
    this.#isEnded = true
  }

  /** Sums the story up. Returns whether everything went as it must. */
  summary(): boolean {
    const seconds = ((monotonicClock() - this.#start) / 1000).toFixed(1)
    const calls = `${this.#allowed} calls allowed, ${this.#refused} refused`
    if (this.#deviations.length === 0) this.say(`\n${calls}, each as it must be. ${seconds} s.`)
    else this.say(`\n${calls}; not as they must be:\n${this.#deviations.map((text) => `  ${text}`).join('\n')}`)
    return this.#deviations.length === 0
  }
}

function describe({ outcome, status, reason = '' }: Outcome): string {
  return `${outcome} ${status} ${reason}`.trim()
}
