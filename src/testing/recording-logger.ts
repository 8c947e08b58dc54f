import type { Logger } from '../core/logger.ts'

/** A line as it was logged. */
export interface LogLine {
  readonly level: keyof Logger
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface RecordingLogger extends Logger {
  /** From the first to the latest. */
  readonly lines: readonly LogLine[]
}

/**
 * A logger that keeps its lines, of every level, and prints none.
 *
 * @example
 * import assert from 'node:assert/strict'
 * import { recordingLogger, startTestMesh } from 'countersign/testing'
 *
 * const logger = recordingLogger()
 * await using mesh = await startTestMesh({ logger })
 * assert.equal(logger.lines.at(-1)?.message, 'authority serves')
 * assert.equal(logger.lines.at(-1)?.fields['trustDomain'], mesh.ca.trustDomain)
 */
export function recordingLogger(): RecordingLogger {
  const lines: LogLine[] = []
  const keep = (level: LogLine['level']) => (fields: object, message: string) =>
    void lines.push({ level, message, fields: { ...fields } })
  return { lines, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }
}
