/** Whether something is valid now, in words. */
export interface Validity {
  readonly words: string
  readonly problem: string | undefined
}

/** @param now milliseconds since 1970 */
export function validityOf({ notBefore, notAfter }: Period, now: number): Validity {
  if (now < notBefore) {
    const words = `it begins in ${durationInWords(notBefore - now)}`
    return { words, problem: `${words}: compare this machine's clock` }
  }
  if (notAfter !== undefined && now > notAfter) {
    const words = `it expired ${durationInWords(now - notAfter)} ago`
    return { words, problem: words }
  }
  if (notAfter === undefined) return { words: 'without end', problem: undefined }
  return { words: `for ${durationInWords(notAfter - now)} more`, problem: undefined }
}

interface Period {
  /** Milliseconds since 1970. */
  readonly notBefore: number
  /** Milliseconds since 1970. */
  readonly notAfter: number | undefined
}

const UNITS = [
  ['day', 24 * 60 * 60 * 1000],
  ['hour', 60 * 60 * 1000],
  ['minute', 60 * 1000],
  ['second', 1000],
] as const

/** In the greatest unit of which there are two at least, rounded down: `36 hours`. */
export function durationInWords(milliseconds: number): string {
  const [unit, length] = UNITS.find(([, length]) => milliseconds >= 2 * length) ?? ['second', 1000]
  const count = Math.floor(milliseconds / length)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
