import {
  type Credential,
  joinMesh,
  loadCredential,
  parseServicePath,
  parseTrustDomain,
  silentLogger,
  type Workload,
} from 'countersign'
import { type CertificateAuthority, createCertificateAuthority } from '../../src/ca/certificate-authority.ts'
import { initCertificateAuthority } from '../../src/ca/init.ts'
import { systemClock } from '../../src/core/clock.ts'
import { encodePrivateKey, generateKeyPair } from '../../src/identity/key-pair.ts'
import type { Child } from './child.ts'
import type { ClientIdentity } from './intruders.ts'
import type { Report } from './report.ts'
import type { Stage } from './stage.ts'

/** Who plays: an authority and two services as processes of their own, a caller, and what an intruder could hold. */
export interface Cast {
  readonly authority: string
  readonly orders: string
  readonly inventory: Child
  readonly inventoryAddress: string
  /** The story itself calls as this service. */
  readonly storefront: Workload
  readonly storefrontCredential: Credential
  readonly ordersCredential: Credential
  /** Of this CA, and a day too old. */
  readonly expired: ClientIdentity
  /** Of another CA that calls itself by the same trust domain. */
  readonly foreign: ClientIdentity
}

const TRUST_DOMAIN = parseTrustDomain('shop.internal')
const TWO_DAYS_MS = 2 * 24 * 60 * 60 * 1000

export async function assemble(stage: Stage, report: Report): Promise<Cast> {
  report.say(
    `A CA for ${TRUST_DOMAIN}, and certificates for three services, in ${stage.directory} (removed at the end)`,
  )
  const twoDaysAgo = () => systemClock() - TWO_DAYS_MS
  const ca = await stage.write(() =>
    initCertificateAuthority({
      directory: stage.path('pki'),
      trustDomain: TRUST_DOMAIN,
      dangerouslyUnencrypted: true,
      clock: twoDaysAgo, // so that a certificate of it can have expired
    }),
  )
  for (const service of ['orders', 'inventory', 'storefront']) {
    await stage.command(
      'ca',
      'issue',
      service,
      '--dns',
      'localhost',
      '--dir',
      stage.path('pki'),
      '--out',
      stage.credentials,
    )
  }

  report.say('The authority, orders and inventory start, each a process of its own')
  const authority = await stage.startAuthority()
  const inventory = stage.startService('inventory', authority, ['localhost:0'])
  const inventoryAddress = await inventory.address()
  const orders = await stage.startService('orders', authority, ['localhost:0', inventoryAddress]).address()

  const credentials = stage.credentials
  return {
    authority,
    orders,
    inventory,
    inventoryAddress,
    storefront: await joinMesh({ service: 'storefront', authority, credentials, logger: silentLogger }),
    storefrontCredential: await loadCredential(credentials, parseServicePath('storefront')),
    ordersCredential: await loadCredential(credentials, parseServicePath('orders')),
    expired: issueTo('orders', ca),
    foreign: issueTo('orders', createCertificateAuthority({ trustDomain: TRUST_DOMAIN })),
  }
}

function issueTo(service: string, ca: CertificateAuthority): ClientIdentity {
  const { privateKey, publicKey } = generateKeyPair()
  const { certificateChain } = ca.issue({ path: parseServicePath(service), dnsNames: [], publicKey })
  return { certificateChain, privateKey: encodePrivateKey(privateKey) }
}
