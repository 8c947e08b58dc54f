import { type Median, uncertaintyOf } from './statistics.ts'

/** Runs to its end and tells what it measured. */
export type Benchmark = () => Promise<Report>

export interface Report {
  /** What was measured and how, in a line or two. */
  readonly headline: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** What programs read: numbers under stable names, alone or in groups. */
  readonly figures: Readonly<Record<string, number | Readonly<Record<string, number>>>>
}

/** Prints a table and, for programs, the figures as one JSON object on the last line. */
export function writeReport({ headline, columns, rows, figures }: Report, asJson: boolean): void {
  process.stdout.write(`${headline}\n\n`)
  const lines = [columns, ...rows]
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  for (const line of lines) {
    const cells = line.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    )
    process.stdout.write(`  ${cells.join('   ')}\n`)
  }
  if (asJson) process.stdout.write(`\n${JSON.stringify(figures)}\n`)
}

/** A median as a table shows it, with half of the width of its interval. */
export function formatMedian(median: Median, digits: number): string {
  return `${median.value.toFixed(digits)} ±${uncertaintyOf(median).toFixed(digits)}`
}
