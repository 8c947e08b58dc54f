import { monotonicClock } from '../../../src/core/clock.ts'
import type { Ending, Report } from '../report.ts'
import type { AuthorityNames } from './authority-names.ts'
import { type HandshakeEnd, shakeHands, type Verified } from './handshake.ts'
import type { HeldCredential } from './held-credential.ts'

/** What a server reads beside its credential. */
export interface ReadCrls {
  /** In PEM. */
  readonly crls: readonly string[]
}

const NO_CRLS: ReadCrls = { crls: [] }

const ACCEPTED: Ending = { outcome: 'accepted', reason: 'TLSv1.3' }

/** Has those who hold credentials shake hands over TLS in this process, and reports how it went. */
export class Meetings {
  readonly #report: Report
  readonly #names: AuthorityNames

  constructor(report: Report, names: AuthorityNames) {
    this.#report = report
    this.#names = names
  }

  /** Each calls each of the others, and each must be accepted. */
  async all(held: readonly HeldCredential[]): Promise<void> {
    const start = monotonicClock()
    const meetings = await Promise.all(
      held.flatMap((client) => {
        const others = held.filter((server) => server !== client)
        return others.map((server) => this.#meet(client, server, NO_CRLS))
      }),
    )
    const odd = meetings.find(({ ending }) => ending.outcome !== ACCEPTED.outcome || ending.reason !== ACCEPTED.reason)
    this.#report.step({
      kind: 'handshake',
      count: meetings.length,
      what: `each → each: ${held.map(({ name }) => name).join(', ')}`,
      expected: ACCEPTED,
      actual: odd?.ending ?? ACCEPTED,
      durationMs: monotonicClock() - start,
      told: odd?.told ?? `${meetings.length} handshakes. ${describeAll(meetings)}`,
    })
  }

  /** The client calls the server, and must be accepted. */
  accepted(client: HeldCredential, server: HeldCredential, crls: ReadCrls = NO_CRLS): Promise<void> {
    return this.#one(client, server, crls, ACCEPTED)
  }

  /** The client calls the server, and one of them must refuse the other. */
  refused(
    client: HeldCredential,
    server: HeldCredential,
    reason: `${'client' | 'server'}: ${string}`,
    crls: ReadCrls = NO_CRLS,
  ): Promise<void> {
    return this.#one(client, server, crls, { outcome: 'refused', reason })
  }

  async #one(client: HeldCredential, server: HeldCredential, crls: ReadCrls, expected: Ending): Promise<void> {
    const start = monotonicClock()
    const { ending: actual, told } = await this.#meet(client, server, crls)
    const durationMs = monotonicClock() - start
    const what = `${client.name} → ${server.name}${crls === NO_CRLS ? '' : ', which reads the CRLs'}`
    this.#report.step({ kind: 'handshake', what, expected, actual, durationMs, told })
  }

  async #meet(client: HeldCredential, server: HeldCredential, { crls }: ReadCrls): Promise<Meeting> {
    const end = await shakeHands(client.credential, server.credential, crls)
    const ending = endingOf(client, server, end)
    if (end.outcome === 'refused') {
      const [own, other] = end.by === 'client' ? [client, server] : [server, client]
      return { client, ending, chain: 'nobody', told: `${own.name} refuses ${other.name}: ${end.reason}.` }
    }
    const chain = this.#chainOf(end.client)
    const seen = `${server.name} sees ${end.client.serviceId}, by ${chain}`
    const seenBack = `${client.name} sees ${end.server.serviceId}, by ${this.#chainOf(end.server)}`
    return { client, ending, chain, told: `${end.protocol}: ${seen}; ${seenBack}.` }
  }

  #chainOf({ issuers }: Verified): string {
    return issuers.map((keyId) => this.#names.ofKey(keyId)).join(' below ')
  }
}

interface Meeting {
  readonly client: HeldCredential
  readonly ending: Ending
  /** Who has certified the client, as the server has verified it. */
  readonly chain: string
  readonly told: string
}

/** Says by whom the clients of accepted handshakes are certified. */
function describeAll(meetings: readonly Meeting[]): string {
  const chains = Map.groupBy(meetings, ({ chain }) => chain)
  const described = [...chains].map(([chain, clients]) => {
    const names = new Set(clients.map(({ client }) => client.name))
    return `By ${chain}: ${[...names].join(', ')}.`
  })
  return described.join(' ')
}

function endingOf(client: HeldCredential, server: HeldCredential, end: HandshakeEnd): Ending {
  if (end.outcome === 'refused') return { outcome: 'refused', reason: `${end.by}: ${end.reason}` }
  const isRight =
    end.client.serviceId === client.credential.serviceId && end.server.serviceId === server.credential.serviceId
  return { outcome: 'accepted', reason: isRight ? end.protocol : 'as somebody else' }
}
