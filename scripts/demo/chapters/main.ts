import { type ChannelCredentials, status } from '@grpc/grpc-js'
import { AuthError, CallError, parseServicePath, serviceIdOf, servicePathOf } from 'countersign'
import { Storefront } from '../../../examples/shop/protos.ts'
import type { Credential } from '../../../src/identity/credential.ts'
import { statusCodeOf } from '../../../src/transport/status.ts'
import { ALLOWED, refused, tellCall } from '../call-rows.ts'
import { assemble, type Cast } from '../cast.ts'
import type { Child, LogLine } from '../child.ts'
import { fetchToken } from '../fetch-token.ts'
import { connectedAs, forge, intrude, plaintext, presenting, withoutCertificate } from '../intruders.ts'
import type { Outcome, Report } from '../report.ts'
import type { Stage } from '../stage.ts'

/** Three services call each other under mutual TLS with scoped tokens; then everything is tried that must fail. */
export async function tellMainStory(stage: Stage, report: Report): Promise<void> {
  const cast = await assemble(stage, report)
  try {
    report.say(
      '\nCalls flow (between services: as the one that was called logs it, with the time that it took to decide)',
    )
    await tellCalls(cast, report)
    report.say('\nRefused in the handshake: the client learns nothing, the log of inventory says why')
    await tellHandshakes(cast, report)
    report.say('\nRefused by the caller: whoever answers there is not the service that it wants')
    await tellImpostor(cast, report)
    report.say('\nRefused by the authority')
    await tellGrants(cast, report)
    report.say('\nRefused by inventory, over good connections')
    await tellTokens(cast, report)
  } finally {
    await Promise.all([cast.laterInventory.workload.close(), cast.kiosk.close()])
  }
}

const CALLS = 3

async function tellCalls(cast: Cast, report: Report): Promise<void> {
  const { inventory, orders } = cast
  await tellDecision(report, inventory, 'Inventory/Watch', 'storefront')
  const storefront = cast.kiosk.createClient(Storefront, 'storefront', cast.addresses.storefront)
  for (let call = 0; call < CALLS; call += 1) {
    await tellCall(report, 'kiosk', 'storefront Checkout', ALLOWED, async () => {
      await storefront.checkout({ sku: 'tea', quantity: 1 })
      return ALLOWED
    })
    await tellDecision(report, orders, 'Orders/Place', 'storefront')
    await tellDecision(report, inventory, 'Inventory/Reserve', 'orders')
  }
}

/** A call from another service, as the one that was called logged its decision. */
async function tellDecision(report: Report, service: Child, method: string, caller: string): Promise<void> {
  const path = `/shop.v1.${method}`
  const isDecision = (line: LogLine) =>
    line['msg'] === 'call allowed' && line['method'] === path && String(line['caller']).endsWith(`/${caller}`)
  const { outcome, durationMs } = await service.nextLine(isDecision)
  report.row({
    caller,
    called: `${service.name} ${method.split('/')[1]}`,
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
    await tellCall(report, caller, RESERVE, refused('UNAVAILABLE', reason), async () => {
      const outcome = await intrude(cast.addresses.inventory, 'Reserve', channel)
      const line = await cast.inventory.nextLine(({ msg }) => msg === 'handshake refused')
      const told = `${line['code']}: ${line['reason']}`
      // The log goes on: whose certificate it was, and since when it has expired.
      return { ...outcome, reason: told.startsWith(reason) ? reason : told }
    })
  }
}

/** A name that was looked up wrongly, or taken over: storefront's address leads to inventory. */
async function tellImpostor(cast: Cast, report: Report): Promise<void> {
  const storefront = cast.kiosk.createClient(Storefront, 'storefront', cast.addresses.inventory)
  const { trustDomain } = cast.ordersCredential
  const [answers, wanted] = ['inventory', 'storefront'].map((path) => serviceIdOf(trustDomain, parseServicePath(path)))
  const reason = `The server is ${answers} instead of ${wanted}.`
  await tellCall(report, 'kiosk', 'storefront Checkout, misled', refused('UNAVAILABLE', reason), async () => {
    const error = await storefront.checkout({ sku: 'tea', quantity: 1 }).catch((thrown: unknown) => thrown)
    if (!(error instanceof CallError)) return ALLOWED
    // grpc-js tells what it was doing when it learned the cause.
    const cause = error.details.includes(reason) ? reason : error.details
    return { outcome: 'refused', status: status[error.status], reason: cause }
  })
}

async function tellGrants(cast: Cast, report: Report): Promise<void> {
  const asks: readonly (readonly [asked: string, audience: string, scopes: readonly string[]])[] = [
    ['scope not granted', 'inventory', ['inventory.restock']],
    ['service not granted', 'storefront', []],
  ]
  for (const [asked, audience, scopes] of asks) {
    await tellCall(report, 'orders', `authority, ${asked}`, refused('PERMISSION_DENIED', 'GRANT_DENIED'), () =>
      fetchToken(cast.authority, cast.ordersCredential, audience, scopes).then(() => ALLOWED, refusalOf),
    )
  }
}

interface Attempt {
  readonly caller: Credential
  readonly method: Parameters<typeof intrude>[1]
  /** What is wrong. */
  readonly how: string
  readonly authorization?: string
  readonly expected: Outcome
  /** Inventory itself unless told. */
  readonly address?: string
}

async function tellTokens(cast: Cast, report: Report): Promise<void> {
  const { ordersCredential: orders, storefrontCredential: storefront } = cast
  const token = await fetchToken(cast.authority, orders, 'inventory')
  const bearer = `Bearer ${token}`
  const forged = `Bearer ${forge(token)}`
  const forOrders = `Bearer ${await fetchToken(cast.authority, storefront, 'orders')}`
  const reserve = { caller: orders, method: 'Reserve' } as const
  const attempts: readonly Attempt[] = [
    { ...reserve, how: 'no token', expected: refused('UNAUTHENTICATED', 'CREDENTIALS_MISSING') },
    {
      ...reserve,
      how: 'two tokens',
      authorization: `${bearer}, ${bearer}`,
      expected: refused('UNAUTHENTICATED', 'CREDENTIALS_MALFORMED'),
    },
    {
      ...reserve,
      how: 'forged token',
      authorization: forged,
      expected: refused('UNAUTHENTICATED', 'TOKEN_INVALID'),
    },
    {
      ...reserve,
      caller: storefront,
      how: 'stolen token',
      authorization: bearer,
      expected: refused('UNAUTHENTICATED', 'TOKEN_BINDING_MISMATCH'),
    },
    {
      ...reserve,
      caller: storefront,
      how: 'token for orders',
      authorization: forOrders,
      expected: refused('UNAUTHENTICATED', 'TOKEN_AUDIENCE_MISMATCH'),
    },
    {
      ...reserve,
      how: '10 min later',
      authorization: bearer,
      address: cast.laterInventory.address,
      expected: refused('UNAUTHENTICATED', 'TOKEN_EXPIRED'),
    },
    {
      caller: orders,
      method: 'Restock',
      how: 'other scope',
      authorization: bearer,
      expected: refused('PERMISSION_DENIED', 'TOKEN_SCOPE_INSUFFICIENT'),
    },
    {
      caller: orders,
      method: 'Watch',
      how: 'not on the list',
      authorization: bearer,
      expected: refused('PERMISSION_DENIED', 'CALLER_NOT_ALLOWED'),
    },
  ]
  for (const { caller, method, how, authorization, expected, address = cast.addresses.inventory } of attempts) {
    await tellCall(report, servicePathOf(caller.serviceId), `inventory ${method}, ${how}`, expected, () =>
      intrude(address, method, connectedAs(caller), authorization),
    )
  }
}

const RESERVE = 'inventory Reserve'

function refusalOf(error: unknown): Outcome {
  if (!(error instanceof AuthError)) throw error
  return { outcome: 'refused', status: status[statusCodeOf(error.code)], reason: error.code }
}
