import type { Logger } from '../core/logger.ts'
import { LEEWAY_SECONDS } from '../token/verify.ts'

/** How this process's clock compares with the authority's. Tells the log when it goes too far, and when it is back. */
export class ClockComparison {
  readonly #logger: Logger
  #aheadMs: number | undefined

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** How far it is ahead; negative where it is behind, `undefined` where nobody has measured it. */
  get aheadMs(): number | undefined {
    return this.#aheadMs
  }

  note(aheadMs: number): void {
    const wasOff = isOff(this.#aheadMs)
    this.#aheadMs = aheadMs
    if (isOff(aheadMs) === wasOff) return
    const fields = { clockAheadMs: Math.round(aheadMs) }
    if (wasOff) this.#logger.info(fields, 'clock agrees with the authority again')
    else this.#logger.warn(fields, `${describeClock(aheadMs)}: good tokens will be refused`)
  }
}

/** In words, where a clock is further off than tokens are given room for: `this service's clock is 93 s ahead of the authority's`. */
export function describeClock(aheadMs: number | undefined): string | undefined {
  if (aheadMs === undefined || !isOff(aheadMs)) return undefined
  const seconds = Math.round(Math.abs(aheadMs) / 1000)
  return `this service's clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the authority's`
}

function isOff(aheadMs = 0): boolean {
  return Math.abs(aheadMs) > LEEWAY_SECONDS * 1000
}
