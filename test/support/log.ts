import type { Logger } from '../../src/core/logger.ts'

export interface LogLine {
  readonly level: keyof Logger
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface CapturingLogger extends Logger {
  readonly lines: readonly LogLine[]
}

/** A logger that keeps its lines. */
export function capturingLogger(): CapturingLogger {
  const lines: LogLine[] = []
  const keep = (level: LogLine['level']) => (fields: object, message: string) =>
    void lines.push({ level, message, fields: { ...fields } })
  return { lines, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }
}
