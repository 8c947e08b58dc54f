import { Metadata } from '@grpc/grpc-js'
import { AccessRules } from '../../src/access/access-rules.ts'
import { type Clock, systemClock } from '../../src/core/clock.ts'
import type { Logger } from '../../src/core/logger.ts'
import type { Credential } from '../../src/identity/credential.ts'
import { MemoryCredentialSource } from '../../src/identity/credential-source.ts'
import { parseServiceId } from '../../src/identity/service-id.ts'
import { type Caller, callerOf } from '../../src/interceptor/caller.ts'
import { MeshServer } from '../../src/interceptor/mesh-server.ts'
import type { HandlerContext } from '../../src/interceptor/service-types.ts'
import { createTestIssuer, type TestIssuer } from './issuer.ts'
import { createVerifier, type Forgery, issuerKey, signToken } from './token.ts'
import { trustIn } from './trust.ts'
import { plainHandlers, Warehouse, type WarehouseHandlers } from './warehouse.ts'

/** A warehouse whose CA, and whose tokens' issuer, sign whatever a test wants of them. */
export interface Target {
  readonly issuer: TestIssuer
  readonly port: number
  /** Who called, of the calls that reached a handler, in their order. */
  readonly reached: readonly Caller[]
  /** Empties `reached`. */
  forget(): void
  close(): Promise<void>
}

export interface TargetOptions {
  readonly logger: Logger
  readonly clock?: Clock
}

/** A method of each kind that demands a token. */
export const TOKEN_METHODS = ['Pick', 'Store', 'Follow', 'Exchange'].map((name) => `/warehouse.v1.Warehouse/${name}`)
/** A method of each kind that demands a certificate, that of `orders`. */
export const CERTIFICATE_METHODS = ['Count', 'CountAll', 'CountOn', 'CountAlong'].map(
  (name) => `/warehouse.v1.Warehouse/${name}`,
)

const audience = parseServiceId('spiffe://shop.internal/warehouse')

export async function startTarget({ logger, clock = systemClock }: TargetOptions): Promise<Target> {
  const issuer = createTestIssuer()
  const credentials = new MemoryCredentialSource(issuer.credential('warehouse'))
  const reached: Caller[] = []
  const verifyToken = createVerifier({ audience, clock })
  // No authority is there that would vouch for anything, whichever way the clock is moved.
  const trust = trustIn({ pki: issuer, keys: [issuerKey], clock, dangerouslyTrustForever: true })
  const server = new MeshServer({ credentials, verifyToken, trust, logger, clock }, AccessRules.empty)
  server.addService(Warehouse, handlersThatTell(reached))
  const { port } = await server.listen('localhost:0')
  return {
    issuer,
    port,
    reached,
    forget() {
      reached.length = 0
    },
    close: () => server.close(),
  }
}

/** A token of an hour that opens every method of the warehouse to the holder of a credential. */
export function tokenFor({ serviceId, thumbprint }: Credential, { header, payload, privateKey }: Forgery = {}): string {
  const now = Math.floor(Date.now() / 1000)
  const scope = 'warehouse.pick warehouse.ship warehouse.store warehouse.follow warehouse.exchange'
  const valid = { sub: serviceId, client_id: serviceId, aud: audience, scope, iat: now, exp: now + 3600 }
  return signToken({
    ...(header !== undefined && { header }),
    payload: { ...valid, cnf: { 'x5t#S256': thumbprint }, ...payload },
    ...(privateKey !== undefined && { privateKey }),
  })
}

/** What a client sends with a token. */
export function bearing(token: string): Metadata {
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${token}`)
  return metadata
}

function handlersThatTell(reached: Caller[]): WarehouseHandlers {
  const telling =
    <Call extends Parameters<typeof callerOf>[0], Result>(handle: (call: Call, context: HandlerContext) => Result) =>
    (call: Call, context: HandlerContext): Result => {
      reached.push(callerOf(call))
      return handle(call, context)
    }
  return {
    pick: telling(plainHandlers.pick),
    ship: telling(plainHandlers.ship),
    store: telling(plainHandlers.store),
    follow: telling(plainHandlers.follow),
    exchange: telling(plainHandlers.exchange),
    count: telling(plainHandlers.count),
    countAll: telling(plainHandlers.countAll),
    countOn: telling(plainHandlers.countOn),
    countAlong: telling(plainHandlers.countAlong),
  }
}
