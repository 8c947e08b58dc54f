/** A CA that answers certificate requests, in one of three ways; the first argument names it. */

import { isDeepStrictEqual } from 'node:util'
import { DEFAULT_PROFILES_FILE, loadProfiles } from '../../src/ca/certificate/profiles.ts'
import { certificateAuthorityOf } from '../../src/ca/certificate-authority.ts'
import type { Inventory } from '../../src/ca/inventory.ts'
import { createHierarchy, issuerOf } from '../../src/ca/issuers/hierarchy.ts'
import { type Clock, monotonicClock, systemClock } from '../../src/core/clock.ts'
import { parseCertificate } from '../../src/identity/certificate.ts'
import { verifyCertificateRequest } from '../../src/identity/certificate-request.ts'
import { decodeCertificates } from '../../src/identity/pem.ts'
import { parseTrustDomain } from '../../src/identity/service-id.ts'
import { openBenchStore } from './bench-store.ts'
import { callInTurn } from './calls-in-turn.ts'
import { type Application, createApplication } from './certificate-application.ts'
import { answerRequests } from './worker.ts'

/** Returns the certificate and that of its issuer, in PEM. */
type Certify = (application: Application) => Promise<string>

const IN_FLIGHT = 32
const KEEPS_NOTHING = { record: async () => {} }

const profiles = await loadProfiles(DEFAULT_PROFILES_FILE)
const issuer = issuerOf(createHierarchy(parseTrustDomain('bench.internal'), profiles, systemClock()))

const WAYS: Readonly<Record<string, () => Promise<Certify>>> = {
  inMemory: async () => createOwnCa(KEEPS_NOTHING, systemClock),
  durable: async () => createOwnCa((await openBenchStore(issuer)).inventory, systemClock),
  peculiar: async () => {
    // Only the process that measures it loads it.
    const { createPeculiarCa } = await import('./peculiar-ca.ts')
    const now = systemClock()
    const both = [createOwnCa(KEEPS_NOTHING, () => now), createPeculiarCa(issuer, profiles.service, () => now)]
    await requireSameCertificates(both)
    return createPeculiarCa(issuer, profiles.service, systemClock)
  },
}

const certify = await (WAYS[process.argv[2] ?? '']?.() ?? Promise.reject(new Error('unknown way')))

answerRequests({ round: costOf })

function createOwnCa(inventory: Pick<Inventory, 'record'>, clock: Clock): Certify {
  const ca = certificateAuthorityOf(issuer, { clock, inventory, profile: profiles.service })
  return async ({ request, path, dnsName }) => {
    const { publicKey } = verifyCertificateRequest(request)
    const issued = await ca.issue({ path, dnsNames: [dnsName], publicKey, requestedBy: 'operator:bench' })
    return issued.certificateChain
  }
}

/** What a certificate takes, in microseconds. */
export interface Cost {
  readonly cpu: number
  /** The waits for the disk are in there, and whatever else runs on the core. */
  readonly elapsed: number
}

async function costOf(applications: readonly Application[]): Promise<Cost> {
  const waiting = applications.values()
  const certifyNext = () => certify(waiting.next().value ?? createApplication())
  const [startCpu, start] = [process.cpuUsage(), monotonicClock()]
  await callInTurn(certifyNext, applications.length, IN_FLIGHT)
  const elapsed = 1000 * (monotonicClock() - start)
  const { user, system } = process.cpuUsage(startCpu)
  return { cpu: (user + system) / applications.length, elapsed: elapsed / applications.length }
}

/** Both are to make what costs the same: certificates that say the same. */
async function requireSameCertificates(ways: readonly Certify[]): Promise<void> {
  const application = createApplication()
  const [ours, theirs] = await Promise.all(ways.map(async (way) => contentOf(await way(application))))
  if (!isDeepStrictEqual(ours, theirs)) throw new Error('@peculiar/x509 makes another certificate than Countersign.')
}

/** All that a chain says, but for what differs from one certificate to the next. */
function contentOf(chain: string): object {
  const [leaf, ...above] = decodeCertificates(chain, 'a chain').map(parseCertificate)
  const { x509, der, serialNumber, ...content } = leaf ?? {}
  return { ...content, above: above.map((certificate) => certificate.der) }
}
