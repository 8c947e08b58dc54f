import { parseGrantPolicy } from '../access/grant-policy.ts'
import type { CertificateAuthority } from '../ca/certificate-authority.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { KeyPair } from '../identity/key-pair.ts'
import { type RunningAuthority, startAuthority } from '../server/start-authority.ts'
import type { Store } from '../store/store.ts'

/** What `policy.yaml` holds. */
export interface TestPolicy {
  readonly grants: readonly TestGrant[]
}

/** Scopes that one service may have at another. */
export interface TestGrant {
  /** The path of a service: `orders`. */
  readonly caller: string
  /** The path of a service: `inventory`. */
  readonly audience: string
  readonly scopes: readonly string[]
  /** Default: 300. */
  readonly ttlSeconds?: number
}

export interface TestAuthorityOptions {
  readonly ca: CertificateAuthority
  /** The text of a `policy.yaml`, or the same as an object. */
  readonly policy: string | TestPolicy
  readonly logger: Logger
  readonly clock: Clock
  /** What is revoked, and which keys there are, outlives it. */
  readonly store: Pick<Store, 'trustLog' | 'revocations'>
  /** Called for each token signing key. Default: a new one. */
  readonly createKeyPair?: () => KeyPair
  /** Default: 6 hours. */
  readonly keyRotationSeconds?: number
  /** Of localhost; 0 takes a free one. */
  readonly port: number
}

/** As long as where a configuration says nothing. */
const TTL_SECONDS = 300

/**
 * The real authority, with its CA, its signing keys and its policy in memory.
 * @throws AuthError CONFIGURATION_INVALID
 */
export function startTestAuthority(options: TestAuthorityOptions): Promise<RunningAuthority> {
  const { ca, policy, store, port, ...others } = options
  const { trustLog, revocations } = store
  return startAuthority({
    ...others,
    loadCa: async () => ca,
    issuer: issuerOf(ca),
    policy: parseGrantPolicy(typeof policy === 'string' ? policy : asYaml(policy), 'policy.yaml', TTL_SECONDS),
    ttlSeconds: TTL_SECONDS,
    listen: { grpc: { host: 'localhost', port } },
    trustLog,
    revocations,
  })
}

/** The `iss` of its tokens. */
export function issuerOf({ trustDomain }: CertificateAuthority): string {
  return `https://authority.${trustDomain}`
}

/** YAML 1.2 takes JSON as it is. */
function asYaml(policy: TestPolicy): string {
  return JSON.stringify(policy, undefined, 2)
}
