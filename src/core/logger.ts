import { type DestinationStream, pino } from 'pino'
import { redact } from './redact.ts'

/** The part of pino that Countersign uses. Any logger with these methods will do. */
export interface Logger {
  /** Whether lines of a level are written. Where it is missing, all are. */
  isLevelEnabled?(level: 'debug'): boolean
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface LoggerOptions {
  /** The lowest level that is written: `debug` tells of allowed calls too. Default: `info`. */
  readonly level?: string
  /** Default: standard output. */
  readonly destination?: DestinationStream
}

/** A pino logger that writes JSON lines. */
export function createLogger(name: string, { level = 'info', destination }: LoggerOptions = {}): Logger {
  const options = {
    name,
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { log: (fields: object) => redact(fields) as Record<string, unknown> },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}

/** A logger that says nothing. */
export const silentLogger: Logger = { isLevelEnabled: () => false, debug() {}, info() {}, warn() {}, error() {} }
