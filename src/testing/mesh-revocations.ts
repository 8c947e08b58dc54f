import { setTimeout } from 'node:timers/promises'
import { type Clock, toEpochSeconds } from '../core/clock.ts'
import type { Credential } from '../identity/credential.ts'
import { parseCertificates } from '../identity/pem-certificates.ts'
import { parseServicePath, serviceIdOf } from '../identity/service-id.ts'
import type { RunningAuthority } from '../server/start-authority.ts'
import type { RevokedById, TrustChange } from '../trust/change.ts'
import { certificateIdentityOf } from '../trust/published-key.ts'
import { compareRevisions, type Revision } from '../trust/revision.ts'
import type { CertificateIdentity } from '../trust/revocation-index.ts'
import { parseTarget, type RevocationTarget } from '../workload/revocation-target.ts'
import type { Workload } from '../workload/workload.ts'
import type { TestCa } from './test-ca.ts'

export interface MeshRevocationsOptions {
  readonly ca: TestCa
  readonly authority: RunningAuthority
  readonly clock: Clock
}

/** For the record. */
const BY = 'operator:test'

/** A test CA makes certificates that end when they are told to. */
const LAST_SECOND = 2 ** 32 - 1

/** How long a service may take to come back to the authority that was blocked. */
const MAX_WAIT_MS = 15_000

const LOOK_MS = 2

/** Revokes in a mesh, whose test CA has no inventory of what it made: the mesh notes that here. */
export class MeshRevocations {
  readonly #options: MeshRevocationsOptions
  readonly #certificates: CertificateIdentity[] = []
  readonly #workloads = new Map<Workload, CertificateIdentity>()

  constructor(options: MeshRevocationsOptions) {
    this.#options = options
  }

  /** A credential was made. */
  noteCredential(credential: Credential): void {
    this.#certificates.push(identityOf(credential))
  }

  /** A service has joined. */
  noteWorkload(workload: Workload, credential: Credential): void {
    this.#workloads.set(workload, identityOf(credential))
  }

  /** Resolves once all who joined refuse it. */
  async revoke(given: RevocationTarget, reason: string): Promise<void> {
    const { ca, authority, clock } = this.#options
    const target = parseTarget(given, ca.trustDomain)
    const { kind, text } = target
    if (kind === 'certificate') await this.#append([revokedCertificate(text.replaceAll(':', '').toLowerCase())], reason)
    else if (kind === 'service') {
      const issued = this.#certificates.filter(({ serviceId }) => serviceId === text)
      const certificates = issued.map(({ serialNumber }) => revokedCertificate(serialNumber))
      await this.#append([{ kind, id: text, upTo: toEpochSeconds(clock()) }, ...certificates], reason)
    } else await this.#untilKnown(await authority.revoke({ target, reason, by: BY }))
  }

  /** Resolves once all who joined refuse it, or do not any more. @param service its path */
  async block(service: string, isLifted: boolean): Promise<void> {
    const id = serviceIdOf(this.#options.ca.trustDomain, parseServicePath(service))
    await this.#append([{ kind: 'block', id, isLifted }], '')
  }

  async #append(changes: readonly TrustChange[], reason: string): Promise<void> {
    const { authority, clock } = this.#options
    const revision = await authority.trustLog.append(changes, { by: BY, reason, at: clock() })
    await authority.look()
    await this.#untilKnown(revision)
  }

  async #untilKnown(revision: Revision | undefined): Promise<void> {
    if (revision === undefined) return
    for (let waitedMs = 0; waitedMs < MAX_WAIT_MS; waitedMs += LOOK_MS) {
      if (this.#behind(revision).length === 0) return
      await setTimeout(LOOK_MS)
    }
    const services = this.#behind(revision).map(({ serviceId }) => serviceId)
    throw new Error(`What was revoked has not come to ${services.join(', ')} within ${MAX_WAIT_MS / 1000} s.`)
  }

  /** Whoever is refused by the authority itself hears of nothing any more. */
  #behind(revision: Revision): readonly Workload[] {
    const { trust } = this.#options.authority
    return [...this.#workloads]
      .filter(([workload, certificate]) => !workload.isClosed && trust.refusalOfCertificate(certificate) === undefined)
      .map(([workload]) => workload)
      .filter((workload) => compareRevisions(workload.trust.revision ?? NOTHING, revision) < 0)
  }
}

const NOTHING: Revision = { epoch: 0, sequence: 0 }

function revokedCertificate(id: string): RevokedById {
  return { kind: 'certificate', id, until: LAST_SECOND }
}

/** By the service that the credential is of, whatever an irregular certificate says. */
function identityOf({ serviceId, certificateChain }: Credential): CertificateIdentity {
  const [leaf, issuer] = parseCertificates(certificateChain, 'a certificate of the test CA')
  if (leaf === undefined) throw new TypeError('A credential has a certificate.')
  return { ...certificateIdentityOf(leaf, issuer), serviceId }
}
