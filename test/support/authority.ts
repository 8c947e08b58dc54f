import { parseGrantPolicy } from '../../src/access/grant-policy.ts'
import { type Clock, systemClock } from '../../src/core/clock.ts'
import { type RunningAuthority, startAuthority as start } from '../../src/server/start-authority.ts'
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
  const { pki, clock = systemClock, port = 0 } = options
  const log = capturingLogger()
  const authority = await start({
    ca: pki.ca,
    issuer: ISSUER,
    policy: parseGrantPolicy(options.policy, 'policy.yaml'),
    ttlSeconds: 300,
    listen: { grpc: { host: 'localhost', port } },
    logger: log,
    clock,
  })
  return {
    ...authority,
    log,
    issued: () => log.lines.filter(({ message }) => message === 'token issued').length,
  }
}
