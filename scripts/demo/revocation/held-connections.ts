import { setTimeout } from 'node:timers/promises'
import type { Credential } from 'countersign'
import { monotonicClock } from '../../../src/core/clock.ts'
import { ALLOWED } from '../call-rows.ts'
import { connectedAs } from '../intruders.ts'
import { type InventoryMethod, RawClient } from '../raw-client.ts'
import type { Outcome } from '../report.ts'

/** How a call that was allowed came to be refused at one replica. */
export interface Refused {
  /** `inventory 2` */
  readonly replica: string
  /** Allowed where it never was refused, or was allowed again. */
  readonly outcome: Outcome
  /** When the refusal came, on the monotonic clock. */
  readonly at: number
  /** How often the call was allowed before. */
  readonly allowed: number
}

const GIVE_UP_MS = 10_000
const AGAIN = 5

/** A connection to each of several replicas, of one certificate, over which one token is presented. */
export class HeldConnections {
  readonly #method: InventoryMethod
  readonly #connections: readonly { readonly name: string; readonly client: RawClient }[]

  constructor(
    replicas: readonly { readonly name: string; readonly address: string }[],
    credential: Credential,
    method: InventoryMethod,
  ) {
    this.#method = method
    this.#connections = replicas.map(({ name, address }) => ({
      name,
      client: new RawClient(address, connectedAs(credential)),
    }))
  }

  /** Presents a token to each. */
  present(token: string): Promise<readonly Outcome[]> {
    return Promise.all(this.#connections.map(({ client }) => client.call(this.#method, `Bearer ${token}`)))
  }

  /** Presents a token to each, again and again, until all have refused it. */
  untilRefused(token: string, { pauseMs = 2 }: { readonly pauseMs?: number } = {}): Promise<readonly Refused[]> {
    const authorization = `Bearer ${token}`
    const refusing = Promise.all(
      this.#connections.map(({ name, client }) => {
        const call = () => client.call(this.#method, authorization)
        return untilRefused(name, call, pauseMs)
      }),
    )
    refusing.catch(() => {}) // the story may have been stopped
    return refusing
  }

  /** Waits until the other side has ended them. Returns how many it has not, after some time. */
  async untilCut(): Promise<number> {
    const giveUpAt = monotonicClock() + GIVE_UP_MS
    const open = () => this.#connections.filter(({ client }) => client.isConnected).length
    while (open() > 0 && monotonicClock() < giveUpAt) await setTimeout(1)
    return open()
  }

  close(): void {
    for (const { client } of this.#connections) client.close()
  }
}

async function untilRefused(replica: string, call: () => Promise<Outcome>, pauseMs: number): Promise<Refused> {
  const giveUpAt = monotonicClock() + GIVE_UP_MS
  let allowed = 0
  let outcome = await call()
  while (outcome.outcome === 'allowed' && monotonicClock() < giveUpAt) {
    allowed += 1
    await setTimeout(pauseMs)
    outcome = await call()
  }
  const at = monotonicClock()
  for (let again = 0; again < AGAIN; again += 1) {
    if ((await call()).outcome === 'allowed') outcome = ALLOWED
  }
  return { replica, outcome, at, allowed }
}
