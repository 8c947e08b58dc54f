import type { Report } from './orders.ts'

/** Why commands were refused, code and words, those of them that were. */
export function refusalsIn(...reports: readonly Report[]): readonly string[] {
  return reports
    .filter(({ exitCode }) => exitCode !== 0)
    .map(({ args, err }) => {
      const { code, message } = JSON.parse(err).error
      return `${args.slice(0, 4).join(' ')}: ${code} ${message}`
    })
}
