import { type ChannelCredentials, status } from '@grpc/grpc-js'
import { AuthError, parseServiceId, parseServicePath, serviceIdOf, servicePathOf } from 'countersign'
import { Orders } from '../../../examples/shop/protos.ts'
import { AuthorityClient } from '../../../src/client/authority-client.ts'
import { parseAddress } from '../../../src/core/address.ts'
import { monotonicClock } from '../../../src/core/clock.ts'
import { parseScope } from '../../../src/core/scope.ts'
import { statusCodeOf } from '../../../src/transport/status.ts'
import { assemble, type Cast } from '../cast.ts'
import { connectedAs, intrude, plaintext, presenting, withoutCertificate } from '../intruders.ts'
import type { Outcome, Report } from '../report.ts'
import type { Stage } from '../stage.ts'

/** Two services call each other under mutual TLS with a scoped token; then everything is tried that must fail. */
export async function tellMainStory(stage: Stage, report: Report): Promise<void> {
  const cast = await assemble(stage, report)
  try {
    report.say('\nCalls flow (orders → inventory: as inventory logs it, with the time that it took to decide)')
    await tellCalls(cast, report)
    report.say('\nRefused in the handshake: the client learns nothing, the log of inventory says why')
    await tellHandshakes(cast, report)
    report.say('\nRefused by the authority, and by inventory, over good connections')
    await tellTokens(cast, report)
  } finally {
    await cast.storefront.close()
  }
}

const CALLS = 3

async function tellCalls(cast: Cast, report: Report): Promise<void> {
  const orders = cast.storefront.createClient(Orders, 'orders', cast.orders)
  for (let call = 0; call < CALLS; call += 1) {
    cast.inventory.skipLines()
    await tell(report, 'storefront', 'orders Place', ALLOWED, async () => {
      await orders.place({ sku: 'tea', quantity: 1 })
      return ALLOWED
    })
    await tellDecision(cast, report)
  }
}

/** The call that orders made for it, as inventory logged its decision. */
async function tellDecision({ inventory }: Cast, report: Report): Promise<void> {
  const { caller, outcome, durationMs } = await inventory.nextLine(({ msg }) => msg === 'call allowed')
  report.row({
    caller: servicePathOf(parseServiceId(String(caller))),
    called: RESERVE,
    expected: ALLOWED,
    actual: outcome === 'allowed' ? ALLOWED : { outcome: 'refused', status: '' },
    durationMs: Number(durationMs),
  })
}

async function tellHandshakes(cast: Cast, report: Report): Promise<void> {
  const { bundle } = cast.ordersCredential
  const tries: readonly (readonly [caller: string, channel: ChannelCredentials, reason: string])[] = [
    ['somebody', plaintext(), 'TRANSPORT_NOT_AUTHENTICATED: plaintext connection'],
    ['somebody', withoutCertificate(bundle), 'TRANSPORT_NOT_AUTHENTICATED: no client certificate'],
    ['orders', presenting(cast.foreign, bundle), 'TRANSPORT_NOT_AUTHENTICATED: certificate of another CA'],
    ['orders', presenting(cast.expired, bundle), 'CERTIFICATE_EXPIRED: expired certificate'],
  ]
  for (const [caller, channel, reason] of tries) {
    cast.inventory.skipLines()
    await tell(report, caller, RESERVE, refused('UNAVAILABLE', reason), async () => {
      const outcome = await intrude(cast.inventoryAddress, 'reserve', channel)
      const line = await cast.inventory.nextLine(({ msg }) => msg === 'handshake refused')
      const told = `${line['code']}: ${line['reason']}`
      // The log goes on: whose certificate it was, and since when it has expired.
      return { ...outcome, reason: told.startsWith(reason) ? reason : told }
    })
  }
}

async function tellTokens(cast: Cast, report: Report): Promise<void> {
  const { ordersCredential, storefrontCredential, inventoryAddress } = cast
  const audience = serviceIdOf(ordersCredential.trustDomain, parseServicePath('inventory'))
  const authority = new AuthorityClient({ address: parseAddress(cast.authority), credential: ordersCredential })
  const asOrders = connectedAs(ordersCredential)

  await tell(report, 'orders', 'authority, scope not granted', refused('PERMISSION_DENIED', 'GRANT_DENIED'), () =>
    authority.issueToken({ audience, scopes: [parseScope('inventory.restock')] }).then(() => ALLOWED, refusalOf),
  )
  const { token } = await authority.issueToken({ audience, scopes: [] })
  await tell(report, 'orders', `${RESERVE}, no token`, refused('UNAUTHENTICATED', 'CREDENTIALS_MISSING'), () =>
    intrude(inventoryAddress, 'reserve', asOrders),
  )
  await tell(
    report,
    'orders',
    `${RESTOCK}, other scope`,
    refused('PERMISSION_DENIED', 'TOKEN_SCOPE_INSUFFICIENT'),
    () => intrude(inventoryAddress, 'restock', asOrders, token),
  )
  await tell(
    report,
    'storefront',
    `${RESERVE}, stolen token`,
    refused('UNAUTHENTICATED', 'TOKEN_BINDING_MISMATCH'),
    () => intrude(inventoryAddress, 'reserve', connectedAs(storefrontCredential), token),
  )
  authority.close()
}

const RESERVE = 'inventory Reserve'
const RESTOCK = 'inventory Restock'

const ALLOWED: Outcome = { outcome: 'allowed', status: 'OK' }

function refused(statusName: keyof typeof status, reason: string): Outcome {
  return { outcome: 'refused', status: statusName, reason }
}

function refusalOf(error: unknown): Outcome {
  if (!(error instanceof AuthError)) throw error
  return { outcome: 'refused', status: status[statusCodeOf(error.code)], reason: error.code }
}

async function tell(
  report: Report,
  caller: string,
  called: string,
  expected: Outcome,
  call: () => Promise<Outcome>,
): Promise<void> {
  const start = monotonicClock()
  const actual = await call()
  report.row({ caller, called, expected, actual, durationMs: monotonicClock() - start })
}
