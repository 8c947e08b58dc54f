import { type Credential, joinMesh, loadCredential, parseServicePath, silentLogger, type Workload } from 'countersign'
import type { Child } from '../child.ts'
import { fetchToken } from '../fetch-token.ts'
import { Operator } from '../operator.ts'
import type { Report } from '../report.ts'
import type { Stage } from '../stage.ts'
import { AuthorityProcess } from './authority-process.ts'

/** What the acts of the story of revocation share. */
export interface RevocationScene {
  readonly stage: Stage
  readonly report: Report
  readonly operator: Operator
  readonly authority: AuthorityProcess
  /** Each has a feed of its own. */
  readonly replicas: readonly Replica[]
  /** The one that orders and storefront call. */
  readonly inventory: Replica
  readonly storefront: Replica
  /** The story itself is these services: it buys, and it revokes. */
  readonly kiosk: Workload
  readonly guard: Workload
  /** What a service has been issued by now. */
  readonly credentialOf: (service: string) => Promise<Credential>
  /** A token for inventory, as its owner holds it, or whoever has stolen it. */
  readonly tokenOf: (credential: Credential) => Promise<string>
  /** Leaves the mesh. */
  readonly leave: () => Promise<void>
}

/** A service as a process of its own. */
export interface Replica {
  /** `inventory 2` */
  readonly name: string
  readonly child: Child
  readonly address: string
}

const SERVICES = ['kiosk', 'storefront', 'orders', 'inventory', 'depot', 'guard']

export async function setScene(stage: Stage, report: Report): Promise<RevocationScene> {
  report.say(`A CA for shop.internal, and certificates for six services, in ${stage.directory} (removed at the end)`)
  await stage.command('ca', 'init', '--trust-domain', 'shop.internal', '--dangerously-unencrypted')
  report.say('The authority, three replicas of inventory, orders and storefront start, each a process of its own')
  const [authority] = await Promise.all([AuthorityProcess.start(stage), issueCredentials(stage)])
  const replicas = await Promise.all([1, 2, 3].map((number) => start(`inventory ${number}`)))
  const [inventory] = replicas
  if (inventory === undefined) throw new Error('Nothing was started.')
  const orders = await start('orders', inventory.address)
  const storefront = await start('storefront', orders.address, inventory.address)
  const [kiosk, guard] = await Promise.all([join('kiosk'), join('guard')])

  return {
    stage,
    report,
    operator: new Operator(stage, report),
    authority,
    replicas,
    inventory,
    storefront,
    kiosk,
    guard,
    credentialOf: (service) => loadCredential(stage.credentials, parseServicePath(service)),
    tokenOf: (credential) => fetchToken(authority.address, credential, 'inventory'),
    async leave() {
      await Promise.all([kiosk.close(), guard.close()])
    },
  }

  async function start(name: string, ...addresses: readonly string[]): Promise<Replica> {
    const [service = name] = name.split(' ')
    const child = stage.startService(service, authority.address, ['localhost:0', ...addresses])
    return { name, child, address: await child.address() }
  }

  function join(service: string): Promise<Workload> {
    return joinMesh({ service, authority: authority.address, credentials: stage.credentials, logger: silentLogger })
  }
}

async function issueCredentials(stage: Stage): Promise<void> {
  const options = ['--dns', 'localhost', '--out', stage.credentials]
  const services = SERVICES.map((service) => stage.command('ca', 'issue', service, ...options))
  const operator = ['countersign/operator/alice', '--reserved', '--out', stage.credentials]
  await Promise.all([...services, stage.command('ca', 'issue', ...operator)])
}
