import { isIP } from 'node:net'
import type { GrantPolicy } from '../access/grant-policy.ts'
import { TrustPublisher } from '../authority/feed/trust-publisher.ts'
import { type LoadCa, startIdentity } from '../authority/identity.ts'
import { createIssueToken } from '../authority/issue-token.ts'
import { followLog } from '../authority/log/log-follower.ts'
import { pruneLog } from '../authority/log/prune-log.ts'
import type { TrustLog } from '../authority/log/trust-log.ts'
import { createRevoke, type Revoke } from '../authority/revocation/revoke.ts'
import { startSigningKeys } from '../authority/signing/signing-keys.ts'
import type { Revocations } from '../ca/revocations.ts'
import { type Address, formatAddress } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { generateKeyPair, type KeyPair } from '../identity/key-pair.ts'
import { createCallVerifier } from '../interceptor/call-verifier.ts'
import { TrustState } from '../trust/trust-state.ts'
import { createGrpcServer } from './grpc/server.ts'

export interface AuthorityOptions {
  readonly loadCa: LoadCa
  readonly issuer: string
  readonly policy: GrantPolicy
  /** The lifetime of a token where its grant sets none. */
  readonly ttlSeconds: number
  /** How long a token signing key signs. Default: 6 hours. */
  readonly keyRotationSeconds?: number
  readonly listen: { readonly grpc: Address }
  readonly trustLog: TrustLog
  readonly revocations: Revocations
  /** Called for each token signing key; whoever gives it can sign as well. Default: a new one, in this process only. */
  readonly createKeyPair?: () => KeyPair
  readonly logger: Logger
  readonly clock: Clock
}

/** An authority that serves. */
export interface RunningAuthority {
  /** Where it answers gRPC. */
  readonly address: Address
  /** What it publishes to verifiers, and goes by itself. */
  readonly trust: TrustState
  readonly trustLog: TrustLog
  readonly revoke: Revoke
  /** Puts in force at once what was written to the trust log, which is read ten times a second in any case. */
  readonly look: () => Promise<void>
  /** Stops accepting, lets calls end, then stops. */
  close(): Promise<void>
}

export const KEY_ROTATION_SECONDS = 6 * 60 * 60

/**
 * Starts an authority: its own certificate, what the trust log says, its token signing key, its gRPC face.
 * @throws AuthError CONFIGURATION_INVALID, STORE_UNAVAILABLE
 */
export async function startAuthority(options: AuthorityOptions): Promise<RunningAuthority> {
  const { loadCa, issuer, policy, ttlSeconds, listen, trustLog, revocations, logger, clock } = options
  const { keyRotationSeconds: rotationSeconds = KEY_ROTATION_SECONDS, createKeyPair = generateKeyPair } = options
  // Ends what was started, the last first: also where the next does not start.
  await using started = new AsyncDisposableStack()

  const identity = await startIdentity(loadCa, hostNames(listen.grpc), { clock, logger })
  started.defer(() => identity.stop())
  const credential = identity.credentials.current()
  const { trustDomain } = credential
  const trust = new TrustState({ credential, logger, clock })
  const follower = await followLog({ trustLog, trust, issuer, logger, clock })
  started.defer(() => follower.stop())
  started.defer(pruneLog({ trustLog, logger, clock }))
  const look = () => follower.look()
  const keyOptions = {
    issuer,
    ttlSeconds,
    rotationSeconds,
    createKeyPair,
    identity,
    trustLog,
    trust,
    look,
    logger,
    clock,
  }
  const keys = await startSigningKeys(keyOptions)
  started.defer(() => keys.stop())
  const publisher = new TrustPublisher({ follower, trustLog, trust, clock })
  started.defer(() => publisher.stop())

  const revoke = createRevoke({ trustDomain, trustLog, revocations, trust, look, logger, clock })
  const server = createGrpcServer({
    credentials: identity.credentials,
    verifyToken: createCallVerifier({ audience: credential.serviceId, trust, clock }),
    issueToken: createIssueToken({ issuer, policy, ttlSeconds, signer: () => keys.signer(), trust, clock }),
    follower,
    publisher,
    revoke,
    trust,
    logger,
    clock,
  })
  started.defer(() => server.close())
  const address = await server.listen(formatAddress(listen.grpc))
  logger.info({ address: formatAddress(address), trustDomain, issuer }, 'authority serves')

  const running = started.move()
  let closing: Promise<void> | undefined
  return {
    address,
    trust,
    trustLog,
    revoke,
    look,
    close() {
      closing ??= running.disposeAsync()
      return closing
    },
  }
}

/** What the authority's certificate names beside its service ID. Clients require the ID; of an IP address they ask no name. */
function hostNames({ host }: Address): readonly string[] {
  return isIP(host) === 0 ? [host.toLowerCase()] : []
}
