import { type Clock, systemClock } from '../../src/core/clock.ts'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import type { RunningAuthority } from '../../src/server/start-authority.ts'
import { startTestAuthority } from '../../src/testing/test-authority.ts'
import { type CapturingLogger, capturingLogger } from './log.ts'
import type { TestCa } from './pki.ts'

export const ISSUER = 'https://authority.shop.internal'

export interface TestAuthorityOptions {
  readonly pki: TestCa
  /** The text of `policy.yaml`. */
  readonly policy: string
  readonly clock?: Clock
  /** A free one unless told. */
  readonly port?: number
}

/** The real authority, with its CA and its policy in memory. */
export interface TestAuthority extends RunningAuthority {
  readonly log: CapturingLogger
  /** How many tokens it has issued. */
  issued(): number
}

export async function startAuthority(options: TestAuthorityOptions): Promise<TestAuthority> {
  const { pki, policy, clock = systemClock, port = 0 } = options
  const log = capturingLogger()
  const keyPair = generateKeyPair()
  return watched(await startTestAuthority({ ca: pki.ca, policy, logger: log, clock, keyPair, port }), log)
}

/** An authority, with what its log tells. */
export function watched(authority: RunningAuthority, log: CapturingLogger): TestAuthority {
  const issued = () => log.lines.filter(({ message }) => message === 'token issued').length
  return { ...authority, log, issued }
}
