import { setTimeout } from 'node:timers/promises'
import { type ServiceError, status } from '@grpc/grpc-js'
import { joinMesh, reasonOf, silentLogger, type Workload } from 'countersign'
import { Inventory } from '../../../examples/shop/protos.ts'
import { monotonicClock } from '../../../src/core/clock.ts'
import { ALLOWED, outcomeOf, refused, tellCall } from '../call-rows.ts'
import type { LogLine } from '../child.ts'
import type { Outcome } from '../report.ts'
import { HeldConnections } from './held-connections.ts'
import type { RevocationScene } from './scene.ts'

/** A stream that is under way ends with its token, of which the log of the server has the ID. */
export async function tellStream(scene: RevocationScene): Promise<void> {
  const { stage, authority, report, inventory, credentialOf, tokenOf } = scene
  report.say('\nA stream is under way, and brings each change of the stock; its token is revoked by its ID')
  const storefront = await joinMesh({
    service: 'storefront',
    authority: authority.address,
    credentials: stage.credentials,
    logger: silentLogger,
  })
  const depot = await credentialOf('depot')
  const connections = new HeldConnections([inventory], depot, 'Restock')
  try {
    const token = await tokenOf(depot)
    await tellEnd(scene, storefront, () => connections.present(token))
  } finally {
    connections.close()
    await storefront.close()
  }
}

const RESTOCKED_AFTER = 20

async function tellEnd(scene: RevocationScene, storefront: Workload, restock: () => Promise<unknown>): Promise<void> {
  const { report, guard, inventory } = scene
  const called = `${inventory.name} Watch`
  inventory.child.skipLines()
  const first = new Watch(storefront, inventory.address)
  await tellCall(report, 'storefront', called, ALLOWED, () => first.begun)
  const { tokenId } = await inventory.child.nextLine(isWatch)

  let restocked = 0
  const restocking = restockUntil(first.ended, async () => {
    await restock()
    restocked += 1
  })
  restocking.catch(() => {}) // the story may have been stopped
  await setTimeout(100)
  const begunAt = monotonicClock()
  await tellCall(report, 'guard', 'authority Revoke', ALLOWED, () =>
    outcomeOf(guard.revoke({ tokenId: String(tokenId) })),
  )
  const revoked = refused('UNAUTHENTICATED', 'TOKEN_REVOKED')
  const actual = await first.ended
  report.row({
    caller: 'storefront',
    called: `${called}, under way`,
    expected: revoked,
    actual,
    durationMs: first.endedAt - begunAt,
  })
  await restocking
  const { delivered } = first
  const restockedBefore = restocked
  for (let again = 0; again < RESTOCKED_AFTER; again += 1) await restock()
  tellDelivered(scene, first, { delivered, restockedBefore })

  const next = new Watch(storefront, inventory.address)
  await tellCall(report, 'storefront', `${called}, again`, ALLOWED, () => next.begun)
  next.cancel()
}

function isWatch(line: LogLine): boolean {
  return line['msg'] === 'call allowed' && line['method'] === '/shop.v1.Inventory/Watch'
}

async function restockUntil(ended: Promise<unknown>, restock: () => Promise<void>): Promise<void> {
  let isOver = false
  const over = ended.then(() => {
    isOver = true
  })
  while (!isOver) {
    await restock()
    await setTimeout(2)
  }
  await over
}

interface Before {
  readonly delivered: number
  readonly restockedBefore: number
}

function tellDelivered({ report }: RevocationScene, watch: Watch, { delivered, restockedBefore }: Before): void {
  const after = watch.delivered - delivered
  const words = (count: number) => `${count} came after its end`
  report.step({
    kind: 'effect',
    what: 'what the stream delivered',
    expected: { outcome: 'seen', reason: words(0) },
    actual: { outcome: 'seen', reason: words(after) },
    durationMs: monotonicClock() - watch.endedAt,
    told: `${delivered} levels of stock for ${restockedBefore} changes; ${words(after)}, for ${RESTOCKED_AFTER} more changes.`,
  })
}

/** A stream of levels, as the client of the service sees it. */
class Watch {
  /** How many levels have come. */
  delivered = 0
  /** On the monotonic clock. */
  endedAt = 0
  readonly begun: Promise<Outcome>
  readonly ended: Promise<Outcome>
  readonly #stream: ReturnType<InstanceType<typeof Inventory>['watch']>

  constructor(workload: Workload, address: string) {
    this.#stream = workload.createCallbackClient(Inventory, 'inventory', address).watch({})
    const begun = Promise.withResolvers<Outcome>()
    const ended = Promise.withResolvers<Outcome>()
    this.begun = begun.promise
    this.ended = ended.promise
    const end = (outcome: Outcome) => {
      this.endedAt ||= monotonicClock()
      begun.resolve(outcome)
      ended.resolve(outcome)
    }
    this.#stream.on('data', () => {
      this.delivered += 1
      begun.resolve(ALLOWED)
    })
    this.#stream.on('error', (error: ServiceError) => {
      const reason = reasonOf(error)
      end({ outcome: 'refused', status: status[error.code], ...(reason && { reason }) })
    })
    this.#stream.on('end', () => end(ALLOWED))
  }

  cancel(): void {
    this.#stream.cancel()
  }
}
