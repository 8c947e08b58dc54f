import { type BasicConstraints, Oid } from '../../identity/certificate.ts'

/** What all certificates of one kind have in common, and is no choice: `Profiles` has what is. */
export interface Profile {
  readonly basicConstraints: BasicConstraints
  readonly keyUsage: readonly IssuedKeyUsage[]
  /** Object identifiers. Empty: the extension is absent. */
  readonly extendedKeyUsage: readonly string[]
}

/** The key usages that are issued, by bit position (RFC 5280 section 4.2.1.3). */
export const KEY_USAGE_BIT = { digitalSignature: 0, keyCertSign: 5, cRLSign: 6 } as const

export type IssuedKeyUsage = keyof typeof KEY_USAGE_BIT

export const PROFILE: Readonly<Record<'root' | 'intermediate' | 'leaf', Profile>> = {
  root: {
    basicConstraints: { isCa: true, pathLength: 1 },
    // Bundle statements are neither certificates nor CRLs (RFC 5280 section 4.2.1.3).
    keyUsage: ['digitalSignature', 'keyCertSign', 'cRLSign'],
    extendedKeyUsage: [],
  },
  intermediate: {
    basicConstraints: { isCa: true, pathLength: 0 },
    keyUsage: ['keyCertSign', 'cRLSign'],
    extendedKeyUsage: [],
  },
  leaf: {
    basicConstraints: { isCa: false, pathLength: undefined },
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: [Oid.serverAuth, Oid.clientAuth],
  },
}
