import { AuthError } from '../core/errors.ts'
import { parseStatement, verifyStatement } from '../identity/bundle-statement.ts'
import type { Certificate } from '../identity/certificate.ts'
import type { TrustDomain } from '../identity/service-id.ts'
import type { RootsStatement } from './change.ts'

/** The roots that a verifier holds, and which statement it has them by. */
export interface HeldRoots {
  readonly roots: readonly Certificate[]
  /** 0 where no statement has been heard: they are those of its credential. */
  readonly epoch: number
  readonly sequence: number
}

/**
 * The roots after a statement: those that it names, where one that is held has signed it and it is newer than what is
 * known; else those that are held.
 * @param now milliseconds since 1970
 * @param alarm told why a statement counts for nothing
 */
export function rootsAfter(
  held: HeldRoots,
  statement: RootsStatement,
  { trustDomain, now, alarm }: { trustDomain: TrustDomain; now: number; alarm: (problem: string) => void },
): HeldRoots {
  try {
    const { epoch, sequence } = parseStatement(statement.text)
    // Those that led to it come again with each snapshot, and whoever signed them may have been given up since.
    if ((epoch - held.epoch || sequence - held.sequence) <= 0) return held
    const { roots } = verifyStatement(statement, trustDomain, held.roots, now)
    return { roots, epoch, sequence }
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    alarm(error.message)
    return held
  }
}
