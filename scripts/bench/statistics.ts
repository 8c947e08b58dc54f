/** The middle of a sample, and the interval in which that of all rounds lies with 95 % confidence. */
export interface Median {
  readonly value: number
  readonly low: number
  readonly high: number
}

/**
 * The median with its distribution-free interval, by the ranks of the binomial distribution (David and Nagaraja, Order
 * Statistics, section 7.1). Below six values there is none: it is without bounds then.
 */
export function medianOf(sample: readonly number[]): Median {
  const sorted = sample.toSorted((a, b) => a - b)
  const { length } = sorted
  const at = (rank: number, beyond: number) => sorted[rank - 1] ?? beyond
  const value = (at(Math.ceil(length / 2), Number.NaN) + at(Math.floor(length / 2) + 1, Number.NaN)) / 2
  const spread = 0.98 * Math.sqrt(length)
  const low = length < 6 ? -Infinity : at(Math.floor(length / 2 - spread), -Infinity)
  const high = length < 6 ? Infinity : at(Math.ceil(length / 2 + 1 + spread), Infinity)
  return { value, low, high }
}

/** Half of the width of a median's interval. */
export function uncertaintyOf({ low, high }: Median): number {
  return (high - low) / 2
}

/** The value below which a part of a sample lies. @param part from 0 to 1 */
export function quantileOf(sample: readonly number[], part: number): number {
  const sorted = sample.toSorted((a, b) => a - b)
  return sorted[Math.min(Math.ceil(part * sorted.length), sorted.length) - 1] ?? Number.NaN
}
