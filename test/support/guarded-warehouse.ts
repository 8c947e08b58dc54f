import { Client } from '@grpc/grpc-js'
import { onTestFinished } from 'vitest'
import { AccessRules } from '../../src/access/access-rules.ts'
import { formatAddress } from '../../src/core/address.ts'
import { toEpochSeconds } from '../../src/core/clock.ts'
import { parseScope } from '../../src/core/scope.ts'
import type { Credential } from '../../src/identity/credential.ts'
import { MemoryCredentialSource } from '../../src/identity/credential-source.ts'
import { createCallVerifier } from '../../src/interceptor/call-verifier.ts'
import { MeshServer, type MeshServerOptions } from '../../src/interceptor/mesh-server.ts'
import { channelCredentials } from '../../src/testing/stock-client.ts'
import { createTestClock, type TestClock } from '../../src/testing/test-clock.ts'
import type { AccessTokenClaims } from '../../src/token/claims.ts'
import { createSigningKey, type SigningKey } from '../../src/token/signing-key.ts'
import type { TrustState } from '../../src/trust/trust-state.ts'
import { ISSUER } from './authority.ts'
import { SCOPES } from './call-kinds.ts'
import { type CapturingLogger, capturingLogger } from './log.ts'
import { createTestCa, type TestCa } from './pki.ts'
import { trustIn } from './trust.ts'

/** A warehouse whose trust a test holds in its hands, in the place of an authority's feed. */
export interface GuardedWarehouse {
  readonly pki: TestCa
  readonly clock: TestClock
  readonly trust: TrustState
  readonly address: string
  readonly log: CapturingLogger
  /** A token of five minutes for all that the warehouse has. */
  token(caller: Credential, differs?: Partial<AccessTokenClaims>, key?: SigningKey): string
  /** A client of stock grpc-js. */
  client(credential: Credential): Client
}

export interface GuardedWarehouseOptions extends Partial<Pick<MeshServerOptions, 'answeredWithoutTrust'>> {
  readonly addTo: (server: MeshServer) => void
  readonly maxStalenessMs?: number
}
/** Closed after the test. */
export async function guardedWarehouse({ addTo, ...options }: GuardedWarehouseOptions): Promise<GuardedWarehouse> {
  const clock = createTestClock()
  const pki = createTestCa({ clock })
  const signingKey = createSigningKey()
  const log = capturingLogger()
  const trust = trustIn({ pki, keys: [signingKey.verificationKey], clock, ...options })
  const credential = pki.credential('warehouse')
  const { serviceId: audience } = credential
  const credentials = new MemoryCredentialSource(credential)
  const verifyToken = createCallVerifier({ audience, trust, clock })
  const server = new MeshServer({ credentials, verifyToken, trust, logger: log, clock, ...options }, AccessRules.empty)
  addTo(server)
  onTestFinished(() => server.close())
  const address = formatAddress(await server.listen('localhost:0'))
  let count = 0

  const token: GuardedWarehouse['token'] = ({ serviceId, thumbprint }, differs = {}, key = signingKey) => {
    count += 1
    const issuedAt = toEpochSeconds(clock())
    return key.sign({
      issuer: ISSUER,
      subject: serviceId,
      audience,
      clientId: serviceId,
      scopes: Object.values(SCOPES).map(parseScope),
      tokenId: `token-${count}`,
      grantId: `grant-${count}`,
      issuedAt,
      expiresAt: issuedAt + 300,
      thumbprint,
      ...differs,
    })
  }

  return {
    pki,
    clock,
    trust,
    address,
    log,
    token,
    client(caller) {
      const client = new Client(address, channelCredentials(caller), { 'grpc.use_local_subchannel_pool': 1 })
      onTestFinished(() => client.close())
      return client
    },
  }
}
