import {
  type Credential,
  joinMesh,
  loadCredential,
  parseServicePath,
  parseTrustDomain,
  silentLogger,
  type Workload,
} from 'countersign'
import { systemClock } from '../../src/core/clock.ts'
import { encodePrivateKey } from '../../src/identity/key-pair.ts'
import { createTestCa } from '../../src/testing/test-ca.ts'
import type { Child } from './child.ts'
import type { ClientIdentity } from './intruders.ts'
import { type LaterInventory, startLaterInventory } from './later.ts'
import { makeOldCa } from './old-ca.ts'
import type { Report } from './report.ts'
import type { Stage } from './stage.ts'

/** Who plays: an authority and three services as processes of their own, a caller, and what an intruder could hold. */
export interface Cast {
  readonly authority: string
  readonly orders: Child
  readonly inventory: Child
  readonly addresses: Addresses
  /** The story itself calls as this service. */
  readonly kiosk: Workload
  /** Ten minutes ahead, so that no token of now is good any more. */
  readonly laterInventory: LaterInventory
  readonly storefrontCredential: Credential
  readonly ordersCredential: Credential
  /** Of this CA, and a day too old. */
  readonly expired: ClientIdentity
  /** Of another CA that calls itself by the same trust domain. */
  readonly foreign: ClientIdentity
}

/** Where the services answer. */
export interface Addresses {
  readonly storefront: string
  readonly orders: string
  readonly inventory: string
}

const TEN_MINUTES_MS = 10 * 60 * 1000

const TRUST_DOMAIN = parseTrustDomain('shop.internal')

export async function assemble(stage: Stage, report: Report): Promise<Cast> {
  report.say(`A CA for ${TRUST_DOMAIN}, and certificates for four services, in ${stage.directory} (removed at the end)`)
  const expired = await stage.write(() => makeOldCa(stage.path('pki'), TRUST_DOMAIN))
  report.say('The authority, inventory, orders and storefront start, each a process of its own')
  const [authorityChild] = await Promise.all([stage.startAuthority(), issueCredentials(stage)])
  const authority = await authorityChild.address()
  const start = async (service: string, ...addresses: readonly string[]) => {
    const child = stage.startService(service, authority, ['localhost:0', ...addresses])
    return { child, address: await child.address() }
  }
  const inventory = await start('inventory')
  const orders = await start('orders', inventory.address)
  const storefront = await start('storefront', orders.address, inventory.address)

  const credentials = stage.credentials
  return {
    authority,
    orders: orders.child,
    inventory: inventory.child,
    addresses: { storefront: storefront.address, orders: orders.address, inventory: inventory.address },
    kiosk: await joinMesh({ service: 'kiosk', authority, credentials, logger: silentLogger }),
    laterInventory: await startLaterInventory(authority, credentials, () => systemClock() + TEN_MINUTES_MS),
    storefrontCredential: await loadCredential(credentials, parseServicePath('storefront')),
    ordersCredential: await loadCredential(credentials, parseServicePath('orders')),
    expired,
    foreign: foreignIdentity(),
  }
}

async function issueCredentials(stage: Stage): Promise<void> {
  const options = ['--dns', 'localhost', '--dir', stage.path('pki'), '--out', stage.credentials]
  const services = ['kiosk', 'storefront', 'orders', 'inventory']
  await Promise.all(services.map((service) => stage.command('ca', 'issue', service, ...options)))
}

function foreignIdentity(): ClientIdentity {
  const { certificateChain, privateKey } = createTestCa({ trustDomain: TRUST_DOMAIN }).credential('orders')
  return { certificateChain, privateKey: encodePrivateKey(privateKey) }
}
