/** What one block of a file is, and what is wrong with it. Can be written as JSON. */
export interface Inspection {
  /** Counted from 1. A file in DER is one block. */
  readonly block: number
  readonly kind: InspectionKind
  readonly facts: Facts
  /** Why it will not do for what it is, in words. */
  readonly problems: readonly string[]
  /** What to know before it is used. */
  readonly warnings: readonly string[]
}

export type InspectionKind =
  | 'service-certificate'
  | 'intermediate'
  | 'root'
  /** One that cannot be read. */
  | 'certificate'
  | 'certificate-request'
  | 'crl'
  | 'private-key'
  | 'public-key'
  | 'unknown'

/** In the order in which they are told. Times are in ISO 8601. */
export type Facts = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

/** What a block says, before it is known where it stands. */
export type Findings = Omit<Inspection, 'block'>
