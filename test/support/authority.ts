import { type Clock, systemClock } from '../../src/core/clock.ts'
import type { RunningAuthority } from '../../src/server/start-authority.ts'
import { IN_MEMORY, openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
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
  /** That of an authority before it, or beside it. One of its own unless told. */
  readonly store?: Store
  readonly keyRotationSeconds?: number
}

/** The real authority, with its CA and its policy in memory. */
export interface TestAuthority extends RunningAuthority {
  readonly log: CapturingLogger
  /** How many tokens it has issued. */
  issued(): number
}

export async function startAuthority(options: TestAuthorityOptions): Promise<TestAuthority> {
  const { pki, policy, clock = systemClock, port = 0, store, ...others } = options
  const log = capturingLogger()
  const used = store ?? (await openStore(IN_MEMORY, { create: true }))
  const authority = await startTestAuthority({ ca: pki.ca, policy, logger: log, clock, port, store: used, ...others })
  const close = async () => {
    await authority.close()
    if (store === undefined) await used.close()
  }
  return watched({ ...authority, close }, log)
}

/** An authority, with what its log tells. */
export function watched(authority: RunningAuthority, log: CapturingLogger): TestAuthority {
  const issued = () => log.lines.filter(({ message }) => message === 'token issued').length
  return { ...authority, log, issued }
}
