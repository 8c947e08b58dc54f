import { parseGrantPolicy } from '../../src/access/grant-policy.ts'
import { startIdentity } from '../../src/authority/identity.ts'
import { createIssueToken } from '../../src/authority/issue-token.ts'
import type { Address } from '../../src/core/address.ts'
import { type Clock, systemClock } from '../../src/core/clock.ts'
import type { MeshServer } from '../../src/interceptor/mesh-server.ts'
import { createGrpcServer } from '../../src/server/grpc/server.ts'
import { createSigningKey } from '../../src/token/signing-key.ts'
import { createTokenVerifier } from '../../src/token/verify.ts'
import { TrustState } from '../../src/trust/trust-state.ts'
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
export interface TestAuthority {
  readonly address: Address
  readonly trust: TrustState
  readonly server: MeshServer
  readonly log: CapturingLogger
  /** How many tokens it has issued. */
  issued(): number
  close(): Promise<void>
}

export async function startAuthority(options: TestAuthorityOptions): Promise<TestAuthority> {
  const { pki, clock = systemClock, port = 0 } = options
  const log = capturingLogger()
  const identity = startIdentity(pki.ca, ['localhost'], { clock, logger: log })
  const signingKey = createSigningKey()
  const { verificationKey } = signingKey
  const trust = new TrustState()
  trust.replace({ issuer: ISSUER, keys: new Map([[verificationKey.keyId, verificationKey]]) })

  const policy = parseGrantPolicy(options.policy, 'policy.yaml')
  const server = createGrpcServer({
    credentials: identity.credentials,
    verifyToken: createTokenVerifier({
      audience: identity.credentials.current().serviceId,
      trustedIssuer: () => trust.head(),
      clock,
    }),
    issueToken: createIssueToken({ issuer: ISSUER, policy, ttlSeconds: 300, signingKey, clock }),
    trust,
    logger: log,
    clock,
  })
  return {
    address: await server.listen(`localhost:${port}`),
    trust,
    server,
    log,
    issued: () => log.lines.filter(({ message }) => message === 'token issued').length,
    async close() {
      identity.stop()
      await server.close()
    },
  }
}
