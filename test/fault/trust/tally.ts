/** What was done and seen, for whoever wonders whether it was anything. */
export class Tally {
  kills = 0
  /** Revocations that were acknowledged, and attempts that nobody answered. */
  acknowledged = 0
  unanswered = 0
  /** Calls against which nothing spoke, and how long one of them took at most, in milliseconds. */
  calls = 0
  longestCallMs = 0
  /** By what: from when on it counts to the last call that was let through, in milliseconds. */
  readonly #latencies = new Map<string, number[]>()

  noteLatency(what: string, milliseconds: number): void {
    const known = this.#latencies.get(what) ?? []
    known.push(milliseconds)
    this.#latencies.set(what, known)
  }

  toString(): string {
    const { kills, acknowledged, unanswered, calls, longestCallMs } = this
    const latencies = [...this.#latencies].map(([what, all]) => `  ${what}: ${summaryOf(all)}`)
    const counts = [
      [kills, 'kills'],
      [acknowledged, 'revocations acknowledged'],
      [unanswered, 'attempts unanswered'],
      [calls, `good calls, the longest ${Math.round(longestCallMs)} ms`],
    ] as const
    const counted = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
    return [counted.join(', '), ...latencies].join('\n')
  }
}

function summaryOf(milliseconds: readonly number[]): string {
  const sorted = [...milliseconds].sort((one, other) => one - other)
  const [median = 0, worst = 0] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
  return `${sorted.length} times, median ${Math.round(median)} ms, worst ${Math.round(worst)} ms`
}
