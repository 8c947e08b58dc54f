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

/** How anything but a call ended, or must end. */
export interface Ending {
  readonly outcome: 'done' | 'accepted' | 'seen' | 'refused'
  /** Why it was refused, or what else matters of it. */
  readonly reason?: string
}

/** Something that was done, and is no call. */
export interface Step {
  readonly kind: 'command' | 'handshake' | 'look' | 'effect'
  /** For how many it stands, where that is not one. */
  readonly count?: number
  /** What was done. */
  readonly what: string
  readonly expected: Ending
  readonly actual: Ending
  readonly durationMs: number
  /** What came of it, in words. */
  readonly told: string
}

/** Tells what happens, line by line, and remembers what should not have. */
export class Report {
  readonly #start = monotonicClock()
  readonly #tallies = new Map<Kind, Tally>()
  #isEnded = false
  readonly #deviations: string[] = []

  say(text: string): void {
    if (!this.#isEnded) process.stdout.write(`${text}\n`)
  }

  row({ caller, called, expected, actual, durationMs }: Row): void {
    const { outcome, status, reason = '' } = actual
    const columns = [caller.padEnd(10), '→', called.padEnd(35), outcome, timeOf(durationMs), status.padEnd(17), reason]
    this.#count('call', outcome, 1)
    this.#tell(`${caller} → ${called}`, columns.join(' '), describe(expected), describe(actual))
  }

  step({ kind, count = 1, what, expected, actual, durationMs, told }: Step): void {
    const columns = `${actual.outcome.padEnd(8)} ${timeOf(durationMs)}  ${what}\n      ${told}`
    this.#count(kind, actual.outcome, count)
    this.#tell(what, columns, describe(expected), describe(actual))
  }

  /** Says the last word: what the story still tells meanwhile is about its own end. */
  end(text: string): void {
    this.say(text)
    this.#isEnded = true
  }

  /** Sums the story up. Returns whether everything went as it must. */
  summary(): boolean {
    const seconds = ((monotonicClock() - this.#start) / 1000).toFixed(1)
    const sums = [...this.#tallies].map(([kind, tally]) => SUMS[kind](tally)).join('; ')
    if (this.#deviations.length === 0) this.say(`\n${sums}, each as it must be. ${seconds} s.`)
    else this.say(`\n${sums}; not as they must be:\n${this.#deviations.map((text) => `  ${text}`).join('\n')}`)
    return this.#deviations.length === 0
  }

  #count(kind: Kind, outcome: Outcome['outcome'] | Ending['outcome'], count: number): void {
    const { good, refused } = this.#tallies.get(kind) ?? { good: 0, refused: 0 }
    const isRefused = outcome === 'refused'
    this.#tallies.set(kind, { good: good + (isRefused ? 0 : count), refused: refused + (isRefused ? count : 0) })
  }

  #tell(what: string, columns: string, expected: string, actual: string): void {
    this.say(`  ${actual === expected ? '✓' : '✗'} ${columns.trimEnd()}`)
    if (actual === expected) return
    this.say(`    expected ${expected}`)
    this.#deviations.push(`${what}: ${actual}, expected ${expected}`)
  }
}

type Kind = 'call' | Step['kind']

interface Tally {
  readonly good: number
  readonly refused: number
}

const SUMS: Readonly<Record<Kind, (tally: Tally) => string>> = {
  call: ({ good, refused }) => `${good} calls allowed, ${refused} refused`,
  command: ({ good, refused }) => `${good} commands done, ${refused} refused`,
  handshake: ({ good, refused }) => `${good} handshakes accepted, ${refused} refused`,
  look: ({ good }) => `${good} looks at files`,
  effect: ({ good }) => `${good} effects seen`,
}

function timeOf(durationMs: number): string {
  return `${durationMs.toFixed(1).padStart(6)} ms`
}

function describe(outcome: Outcome | Ending): string {
  const status = 'status' in outcome ? outcome.status : ''
  return [outcome.outcome, status, outcome.reason ?? ''].filter((word) => word !== '').join(' ')
}
