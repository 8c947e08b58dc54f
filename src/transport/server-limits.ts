import { Problems } from '../core/problems.ts'

/** What a server lets its clients take of it. All are whole numbers from 1. */
export interface ServerLimits {
  /** From the TCP connection to the end of the TLS handshake, whatever the client sends meanwhile. Default: 10,000. */
  readonly handshakeTimeoutMs: number
  /** Open at one time, unfinished handshakes among them; further ones are closed at once. Default: 256. */
  readonly connectionsPerAddress: number
  /**
   * Under way at one time. A gRPC client waits with further calls; those of one that does not are refused. Default: 256.
   * Each call may hold an unfinished message of 4 MB.
   */
  readonly streamsPerConnection: number
  /** Of one call: names, values, and 32 for each entry, as HTTP/2 counts. Default: 16,384. At most 65,536. */
  readonly metadataBytes: number
  /** After which a connection takes no more calls, give or take a tenth. Default: half an hour. */
  readonly connectionAgeMs: number
  /** How long calls may then go on, before they are cut off. Default: a minute. */
  readonly connectionAgeGraceMs: number
}

interface Range {
  readonly byDefault: number
  readonly max: number
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

const RANGES: Readonly<Record<keyof ServerLimits, Range>> = {
  handshakeTimeoutMs: { byDefault: 10_000, max: 10 * MINUTE_MS },
  connectionsPerAddress: { byDefault: 256, max: 1_000_000 },
  streamsPerConnection: { byDefault: 256, max: 1_000_000 },
  // Node itself takes no more than 128 entries, and no header block above some 140 KiB: that ends the connection.
  metadataBytes: { byDefault: 16_384, max: 65_536 },
  // Node's timers overflow after 24.8 days.
  connectionAgeMs: { byDefault: 30 * MINUTE_MS, max: 20 * DAY_MS },
  connectionAgeGraceMs: { byDefault: MINUTE_MS, max: 20 * DAY_MS },
}

/**
 * The limits of a server: those that are given, and the default for each other.
 * @throws AuthError CONFIGURATION_INVALID, naming every one that is not a whole number in its range, or unknown
 */
export function resolveServerLimits(given: Partial<ServerLimits> = {}): ServerLimits {
  const problems = new Problems()
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(RANGES, name)) problems.add(`limits.${name}`, `is none of ${Object.keys(RANGES).join(', ')}.`)
  }
  const resolve = (name: keyof ServerLimits): number => {
    const { byDefault, max } = RANGES[name]
    const value: unknown = given[name] ?? byDefault
    if (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= max) return Number(value)
    problems.add(`limits.${name}`, `must be a whole number from 1 to ${max}, not ${String(value)}.`)
    return byDefault
  }
  const limits = {
    handshakeTimeoutMs: resolve('handshakeTimeoutMs'),
    connectionsPerAddress: resolve('connectionsPerAddress'),
    streamsPerConnection: resolve('streamsPerConnection'),
    metadataBytes: resolve('metadataBytes'),
    connectionAgeMs: resolve('connectionAgeMs'),
    connectionAgeGraceMs: resolve('connectionAgeGraceMs'),
  }
  problems.throwIfAny()
  return limits
}
