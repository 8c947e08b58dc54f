import { type BasicConstraints, Oid } from '../identity/certificate.ts'

/** What all certificates of one kind have in common. */
export interface Profile {
  readonly lifetimeMs: number
  readonly basicConstraints: BasicConstraints
  readonly keyUsage: readonly IssuedKeyUsage[]
  /** Object identifiers. Empty: the extension is absent. */
  readonly extendedKeyUsage: readonly string[]
}

/** The key usages that are issued, by bit position (RFC 5280 section 4.2.1.3). */
export const KEY_USAGE_BIT = { digitalSignature: 0, keyCertSign: 5, cRLSign: 6 } as const

export type IssuedKeyUsage = keyof typeof KEY_USAGE_BIT

/** How far `notBefore` lies in the past, for peers whose clocks are behind. */
export const BACKDATING_MS = 60_000

const DAY_MS = 24 * 60 * 60 * 1000

export const PROFILE: Readonly<Record<'root' | 'intermediate' | 'leaf', Profile>> = {
  root: {
    lifetimeMs: 10 * 365 * DAY_MS,
    basicConstraints: { isCa: true, pathLength: 1 },
    keyUsage: ['keyCertSign', 'cRLSign'],
    extendedKeyUsage: [],
  },
  intermediate: {
    lifetimeMs: 365 * DAY_MS,
    basicConstraints: { isCa: true, pathLength: 0 },
    keyUsage: ['keyCertSign', 'cRLSign'],
    extendedKeyUsage: [],
  },
  leaf: {
    lifetimeMs: DAY_MS,
    basicConstraints: { isCa: false, pathLength: undefined },
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: [Oid.serverAuth, Oid.clientAuth],
  },
}
