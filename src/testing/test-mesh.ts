import type { Clock } from '../core/clock.ts'
import { type Logger, silentLogger } from '../core/logger.ts'
import type { Credential } from '../identity/credential.ts'
import { generateKeyPair, type KeyPair } from '../identity/key-pair.ts'
import type { RunningAuthority } from '../server/start-authority.ts'
import { IN_MEMORY, openStore } from '../store/open.ts'
import { keyIdOf } from '../token/verification-key.ts'
import { joinWith } from '../workload/join-mesh.ts'
import type { RevocationTarget } from '../workload/revocation-target.ts'
import type { Workload } from '../workload/workload.ts'
import { MeshRevocations } from './mesh-revocations.ts'
import { startTestAuthority, type TestPolicy } from './test-authority.ts'
import { type CertificateOptions, createTestCa, type TestCa } from './test-ca.ts'
import { createTestClock, type TestClock } from './test-clock.ts'
import { mintToken, type TokenIssuer, type TokenOptions } from './token.ts'

export interface TestMeshOptions {
  /** What the authority grants: the text of a `policy.yaml`, or the same as an object. Default: nothing. */
  readonly policy?: string | TestPolicy
  /** Default: `shop.internal`. */
  readonly trustDomain?: string
  /** Told what the authority logs, and the services that join without a logger of their own. Default: no one is. */
  readonly logger?: Logger
}

export interface JoinTestMeshOptions {
  readonly logger?: Logger
  /** A clock of the service's own, to test one that is wrong. Default: the mesh's. */
  readonly clock?: Clock
}

/** A mesh in memory, over TLS on free ports of `localhost`. */
export interface TestMesh extends AsyncDisposable {
  readonly authority: RunningAuthority
  readonly ca: TestCa
  /** Of the authority and of all services; it stands still until it is moved. */
  readonly clock: TestClock
  /**
   * A service of the mesh, as `joinMesh` makes one; it is closed with the mesh.
   * @param service its path: `orders`; or the credential that it joins with
   * @throws AuthError REQUEST_INVALID for what is no path of a service; AUTHORITY_UNAVAILABLE after 10 s where the
   *   authority was closed, or refuses the credential
   */
  join(service: string | Credential, options?: JoinTestMeshOptions): Promise<Workload>
  /**
   * A certificate and its key, to order.
   * @param service the path of the service: `orders`
   * @throws AuthError REQUEST_INVALID for what is no path of a service
   */
  credential(service: string, options?: CertificateOptions): Credential
  /**
   * A token to order, signed with the newest of the authority's keys; it takes another a moment after the clock was moved by
   * hours. Policy is not asked.
   * @throws AuthError REQUEST_INVALID for what is no path of a service, or no scope
   */
  token(options: TokenOptions): string
  /**
   * Revokes, as an operator does. Resolves once the authority and all services that joined refuse it. What a subject, a
   * client or a service was issued up to now is refused with 30 s of room for skew: move the clock by 31 s for what is
   * issued then.
   * @param reason for the record, in words
   * @throws TypeError, AuthError as `Workload.revoke` does, but that it needs no grant
   */
  revoke(target: RevocationTarget, reason?: string): Promise<void>
  /**
   * Has a service refused everywhere until it is unblocked, whatever it has. Resolves once that is in force at all that
   * joined.
   * @param service its path: `orders`
   */
  block(service: string): Promise<void>
  /** Lifts that. A service that had joined comes back by itself: this waits for it. */
  unblock(service: string): Promise<void>
  /** Closes what joined, then the authority. */
  close(): Promise<void>
}

/**
 * Starts the real authority, with a CA, a store and token signing keys that are in memory only, for services to join. It
 * takes no file, no environment and no fixed port, so that as many meshes as there are tests may run at once.
 * Between services all is as it is in production: mutual TLS, access rules, grants, tokens.
 * @throws AuthError CONFIGURATION_INVALID for the policy, REQUEST_INVALID for what is no trust domain
 *
 * @example
 * import assert from 'node:assert/strict'
 * import { startTestMesh } from 'countersign/testing'
 * import { Inventory } from './protos.ts'
 *
 * await using mesh = await startTestMesh({
 *   policy: { grants: [{ caller: 'orders', audience: 'inventory', scopes: ['inventory.reserve'] }] },
 * })
 * const inventory = await mesh.join('inventory')
 * const server = inventory.createServer()
 * server.addService(Inventory, {
 *   reserve: async () => ({ reservationId: 'one' }),
 *   restock: async () => ({}),
 *   async *watch() {},
 * })
 * const { port } = await server.listen('localhost:0')
 *
 * const orders = await mesh.join('orders')
 * const client = orders.createClient(Inventory, 'inventory', `localhost:${port}`)
 * assert.equal((await client.reserve({ sku: 'tea' })).reservationId, 'one')
 * await assert.rejects(client.restock({ sku: 'tea' }), { reason: 'TOKEN_SCOPE_INSUFFICIENT' })
 *
 * mesh.clock.advance(10 * 60_000) // past the end of the token: the client fetches another
 * assert.equal((await client.reserve({ sku: 'tea' })).reservationId, 'one')
 */
export async function startTestMesh(options: TestMeshOptions = {}): Promise<TestMesh> {
  const { policy = { grants: [] }, trustDomain = 'shop.internal', logger = silentLogger } = options
  const clock = createTestClock()
  const ca = createTestCa({ trustDomain, clock })
  const store = await openStore(IN_MEMORY, { create: true })
  const keyPairs: KeyPair[] = []
  const createKeyPair = () => {
    const keyPair = generateKeyPair()
    keyPairs.push(keyPair)
    return keyPair
  }
  const authority = await startTestAuthority({ ca, policy, store, createKeyPair, logger, clock, port: 0 })
  const revocations = new MeshRevocations({ ca, authority, clock })
  const workloads: Workload[] = []

  function credential(service: string, certificate?: CertificateOptions): Credential {
    const made = ca.credential(service, certificate)
    revocations.noteCredential(made)
    return made
  }

  async function close(): Promise<void> {
    await Promise.all(workloads.map((workload) => workload.close()))
    await authority.close()
    await store.close()
  }

  return {
    authority,
    ca: { ...ca, credential },
    clock,
    async join(service, joining = {}) {
      const joined = typeof service === 'string' ? credential(service) : service
      const workload = await joinWith(joined, { authorities: [authority.address], logger, clock, ...joining })
      workloads.push(workload)
      revocations.noteWorkload(workload, joined)
      return workload
    },
    credential,
    token: (tokenOptions) =>
      mintToken(tokenOptions, newestIssuer(authority, keyPairs, { clock, trustDomain: ca.trustDomain })),
    revoke: (target, reason = '') => revocations.revoke(target, reason),
    block: (service) => revocations.block(service, false),
    unblock: (service) => revocations.block(service, true),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** With the last of the keys that verifiers know: one that is made later is published before it signs. */
function newestIssuer(
  { trust }: RunningAuthority,
  keyPairs: readonly KeyPair[],
  { clock, trustDomain }: Pick<TokenIssuer, 'clock' | 'trustDomain'>,
): TokenIssuer {
  const head = trust.current
  const newest = keyPairs.findLast(({ publicKey }) => head?.keys.has(keyIdOf(publicKey)))
  if (head === undefined || newest === undefined)
    throw new TypeError('The authority has no key to sign with: it was revoked, or is closed.')
  return { issuer: head.issuer, trustDomain, keyId: keyIdOf(newest.publicKey), privateKey: newest.privateKey, clock }
}
