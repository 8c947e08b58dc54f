import { setTimeout as sleep } from 'node:timers/promises'
import { vi } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { openStore } from '../../../src/store/open.ts'
import type { TrustState } from '../../../src/trust/trust-state.ts'
import { joinWith } from '../../../src/workload/join-mesh.ts'
import type { Workload } from '../../../src/workload/workload.ts'
import { knows } from '../../support/publishing.ts'
import type { Random } from '../ca/random.ts'
import type { AuthorityProcess } from './authority-process.ts'
import { BOUND_MS, comingBackMs } from './bounds.ts'
import { Intruder } from './intruder.ts'
import { killAtRandom, type Outage } from './outage.ts'
import type { Premises } from './premises.ts'
import { Regulars } from './regulars.ts'
import { Revoker } from './revoker.ts'
import { Suspect } from './suspect.ts'
import type { Tally } from './tally.ts'
import { quietLogger, startVerifier, type Verifier } from './verifier.ts'

export interface KillRoundsOptions {
  readonly premises: Premises
  /** Those after the first take over while one is away. */
  readonly authorities: readonly AuthorityProcess[]
  readonly random: Random
  readonly tally: Tally
}

const VERIFIERS = 3
const OWN_SERVICE = ['client', 'service', 'certificate'] as const
/** Within which everything of a round happens that happens at random. */
const SPREAD_MS = 400
const SETTLED_MS = 15_000

/** An authority that is killed over and over while things are revoked, and good calls go on. */
export class KillRounds {
  readonly problems: string[] = []
  readonly #options: KillRoundsOptions
  readonly #orders: Workload
  readonly #verifiers: readonly Verifier[]
  readonly #regulars: Regulars
  readonly #revoker: Revoker
  /** Whose certificate stays good: for what is revoked by token. */
  readonly #neighbour: Intruder
  readonly #suspects: Suspect[] = []

  static async begin(options: KillRoundsOptions): Promise<KillRounds> {
    const { premises } = options
    const authorities = options.authorities.map(({ address }) => address)
    const orders = await joinWith(await premises.credential('orders'), {
      authorities,
      clock: systemClock,
      logger: quietLogger(),
    })
    const credential = await premises.credential('warehouse')
    const verifiers = await Promise.all(
      Array.from({ length: VERIFIERS }, () => startVerifier({ credential, authorities })),
    )
    return new KillRounds(options, orders, verifiers, new Intruder(await premises.guest()))
  }

  private constructor(
    options: KillRoundsOptions,
    orders: Workload,
    verifiers: readonly Verifier[],
    neighbour: Intruder,
  ) {
    const { premises, tally } = options
    this.#options = options
    this.#orders = orders
    this.#verifiers = verifiers
    this.#neighbour = neighbour
    this.#revoker = new Revoker(orders, premises, tally)
    const addresses = verifiers.map(({ address }) => address)
    this.#regulars = new Regulars(orders, addresses)
  }

  async round(index: number): Promise<void> {
    const { authorities, random, tally } = this.#options
    const victim = authorities[random.below(authorities.length)]
    if (victim === undefined) throw new TypeError('There is an authority at least.')
    const suspects = await this.#prepare(victim, index)
    let isOver = false
    this.#revoker.begin()
    const revoking = suspects.map(async (suspect) => {
      await sleep(random.fraction() * SPREAD_MS)
      const acknowledgedAt = await this.#revoke(suspect)
      tally.acknowledged += 1
      await suspect.probe(() => isOver)
      return { suspect, acknowledgedAt }
    })
    const outage = await killAtRandom(victim, random, SPREAD_MS)
    tally.kills += 1
    await this.#revoker.stop()
    const giveUp = setTimeout(() => {
      isOver = true
    }, SETTLED_MS)
    const revoked = await Promise.all(revoking)
    clearTimeout(giveUp)
    for (const each of revoked) this.#judge(each, outage)
    this.#suspects.push(...suspects)
    await this.#settle()
  }

  /** Everything that was acknowledged is in the store, and refused everywhere: also by whoever joins now. */
  async end(): Promise<void> {
    const { tally, premises, authorities } = this.#options
    await this.#regulars.stop()
    tally.calls += this.#regulars.calls
    tally.longestCallMs = Math.max(tally.longestCallMs, this.#regulars.longestMs)
    this.problems.push(...this.#regulars.problems, ...this.#revoker.problems)
    const last = await startVerifier({
      credential: await premises.credential('warehouse'),
      authorities: authorities.map(({ address }) => address),
    })
    const everywhere = [...this.#verifiers, last]
    for (const suspect of this.#suspects) {
      this.problems.push(...suspect.problems)
      const accepted = await suspect.acceptedBy(everywhere)
      this.problems.push(...accepted.map((address) => `${suspect.suspicion}: accepted at the end by ${address}`))
    }
    const stored = await this.#stored()
    for (const id of this.#revoker.acknowledged.keys()) {
      if (!stored.has(id)) this.problems.push(`${id} was acknowledged, and is not in the store`)
      for (const { trust } of everywhere) if (!refusesById(trust, id)) this.problems.push(`${id} is accepted`)
    }
    await this.#orders.close()
  }

  async #prepare(authority: AuthorityProcess, index: number): Promise<readonly Suspect[]> {
    const { premises } = this.#options
    const suspects: Suspect[] = []
    // What takes a service of its own comes in turn.
    const own = OWN_SERVICE[index % OWN_SERVICE.length] ?? 'service'
    for (const suspicion of ['token', 'grant', own] as const) {
      const intruder = suspicion === own ? new Intruder(await premises.guest()) : this.#neighbour
      const suspect = new Suspect(suspicion, await intruder.token(authority.address), intruder, this.#verifiers)
      await suspect.requireAccepted()
      suspects.push(suspect)
    }
    return suspects
  }

  /** Resolves with the time at which it was acknowledged. */
  async #revoke(suspect: Suspect): Promise<number> {
    const { random, premises } = this.#options
    const { command, target } = suspect
    const isCommanded = command !== undefined && (target === undefined || random.fraction() < 0.5)
    if (isCommanded) await premises.command(...command)
    else if (target !== undefined) await this.#revoker.byRpc(target)
    return performance.now()
  }

  #judge({ suspect, acknowledgedAt }: { suspect: Suspect; acknowledgedAt: number }, outage: Outage): void {
    const { authorities, tally } = this.#options
    const { killedAt, backAt } = outage
    const isCutOff = acknowledgedAt > killedAt - BOUND_MS && acknowledgedAt < backAt + comingBackMs(backAt - killedAt)
    const isAlone = authorities.length === 1
    const from = isCutOff ? Math.max(acknowledgedAt, isAlone ? backAt : killedAt) : acknowledgedAt
    const reach = isCutOff && isAlone ? comingBackMs(backAt - killedAt) : 0
    const counted = isCutOff ? `from when ${isAlone ? 'the authority was back' : 'another was killed'}, or ` : ''
    for (const passedAt of suspect.passedAt) {
      const lateMs = passedAt === undefined ? 0 : passedAt - from
      tally.noteLatency(`${suspect.suspicion}, ${counted}from the acknowledgement`, Math.max(0, lateMs))
      if (lateMs > reach + BOUND_MS) {
        this.problems.push(`${suspect.suspicion}: accepted ${Math.round(lateMs)} ms late, ${Math.round(reach)} allowed`)
      }
    }
  }

  /** All have come to know all. */
  async #settle(): Promise<void> {
    const last = [...this.#revoker.acknowledged.values()].at(-1)
    if (last === undefined) throw new Error('Nothing was acknowledged.')
    const states = [...this.#verifiers.map(({ trust }) => trust), this.#orders.trust as TrustState]
    await vi.waitUntil(() => states.every((trust) => knows(trust, last) && trust.freshness.state === 'fresh'), {
      timeout: SETTLED_MS,
      interval: 5,
    })
  }

  async #stored(): Promise<ReadonlySet<string>> {
    const store = await openStore(this.#options.premises.store, { create: false })
    try {
      const { changes } = await store.trustLog.read(undefined, Number.MAX_SAFE_INTEGER)
      return new Set(changes.flatMap((change) => ('id' in change ? [change.id] : [])))
    } finally {
      await store.close()
    }
  }
}

function refusesById(trust: TrustState, id: string): boolean {
  const token = { subject: 's', clientId: 'c', keyId: 'k', issuedAt: 0 }
  return trust.refusalOfToken({ ...token, tokenId: id, grantId: id }) !== undefined
}
