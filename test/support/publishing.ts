import { onTestFinished } from 'vitest'
import type { TrustEvent } from '../../src/authority/feed/trust-event.ts'
import { TrustPublisher } from '../../src/authority/feed/trust-publisher.ts'
import { followLog, type LogFollower } from '../../src/authority/log/log-follower.ts'
import type { Origin, TrustLog } from '../../src/authority/log/trust-log.ts'
import { AuthError } from '../../src/core/errors.ts'
import { IN_MEMORY, openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { createTestClock, type TestClock } from '../../src/testing/test-clock.ts'
import type { RevokedById } from '../../src/trust/change.ts'
import { compareRevisions, formatRevision, type Revision } from '../../src/trust/revision.ts'
import type { TrustContents } from '../../src/trust/trust-contents.ts'
import { TrustState } from '../../src/trust/trust-state.ts'
import { ISSUER } from './authority.ts'
import { type CapturingLogger, capturingLogger } from './log.ts'
import { createTestCa, type TestCa } from './pki.ts'

export const origin: Origin = { by: 'operator:test', at: 0, reason: '' }

/** A revocation that stands for an hour by the machine's clock. */
export function revokedToken(id: string): RevokedById {
  return { kind: 'token', id, until: Math.floor(Date.now() / 1000) + 3600 }
}

/** Whether a trust state refuses a token by its ID. */
export function refuses(trust: TrustState, tokenId: string): boolean {
  const other = { grantId: 'g', subject: 's', clientId: 'c', keyId: 'k', issuedAt: 0 }
  return trust.refusalOfToken({ tokenId, ...other }) !== undefined
}

/** A store in memory, closed after the test. */
export async function openTestStore(): Promise<Store> {
  const store = await openStore(IN_MEMORY, { create: true })
  onTestFinished(() => store.close())
  return store
}

/** A log that fails as long as it is told to. */
export function failingLog(trustLog: TrustLog) {
  const failing = { reads: false, appends: false }
  const requireOne = (isFailing: boolean) => {
    if (isFailing) throw new AuthError('STORE_UNAVAILABLE', 'The store is out of reach.')
  }
  const log: TrustLog = {
    ...trustLog,
    async read(after, limit) {
      requireOne(failing.reads)
      return trustLog.read(after, limit)
    },
    async append(changes, by) {
      requireOne(failing.appends)
      return trustLog.append(changes, by)
    },
    async keyRotationRequestedAt() {
      requireOne(failing.reads)
      return trustLog.keyRotationRequestedAt()
    },
  }
  return { log, failing }
}

export interface Publishing {
  readonly pki: TestCa
  readonly trust: TrustState
  readonly follower: LogFollower
  readonly publisher: TrustPublisher
  readonly clock: TestClock
  readonly log: CapturingLogger
  /** A verifier that knows all up to its state's revision. */
  watch(verifier?: TrustState): Watching
  /** A verifier that knows nothing. */
  verifier(): TrustState
}

export interface PublishingOptions {
  readonly trustLog: TrustLog
  readonly pki?: TestCa
  readonly clock?: TestClock
}

/** An authority's publisher on a log. */
export async function startPublishing(options: PublishingOptions): Promise<Publishing> {
  const { trustLog, clock = createTestClock(), pki = createTestCa({ clock }) } = options
  const log = capturingLogger()
  const verifier = () => new TrustState({ credential: pki.credential('verifier'), clock })
  const trust = new TrustState({ credential: pki.credential('countersign/authority'), logger: log, clock })
  const follower = await followLog({ trustLog, trust, issuer: ISSUER, logger: log, clock })
  const publisher = new TrustPublisher({ follower, trustLog, trust, clock })
  const leaving = new AbortController()
  onTestFinished(async () => {
    leaving.abort()
    publisher.stop()
    await follower.stop()
  })
  const watch = (state = verifier()) => new Watching(publisher, state, leaving.signal)
  return { pki, trust, follower, publisher, clock, log, watch, verifier }
}

/** Each has a certificate of its own. */
let nextSerialNumber = 10

/** Watches as a verifier does: puts in force what it is told, and keeps a record of it. */
export class Watching {
  readonly trust: TrustState
  /** `heartbeat 1.5`, `page 1 of 1.5`, `delta 1.5 to 1.6`. */
  readonly told: string[] = []
  readonly events: TrustEvent[] = []
  /** Resolves once nothing more comes. */
  readonly ended: Promise<void>
  readonly #leaving = new AbortController()
  #pages: TrustContents | undefined
  #gate: Promise<void> | undefined
  #open = () => {}

  constructor(publisher: TrustPublisher, trust: TrustState, signal: AbortSignal) {
    this.trust = trust
    this.ended = this.#watch(publisher, AbortSignal.any([signal, this.#leaving.signal]))
  }

  leave(): void {
    this.#leaving.abort()
  }

  /** Takes nothing more until it is told to go on. */
  halt(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve
    })
  }

  goOn(): void {
    this.#gate = undefined
    this.#open()
  }

  async #watch(publisher: TrustPublisher, signal: AbortSignal): Promise<void> {
    const identity = { service: 'spiffe://shop.internal/verifier', serialNumber: String(nextSerialNumber++) }
    for await (const event of publisher.watch(this.trust.revision, identity, signal)) {
      this.events.push(event)
      this.told.push(describe(event))
      this.#take(event)
      await this.#gate
    }
  }

  #take(event: TrustEvent): void {
    if (event.kind === 'heartbeat') this.trust.vouch(event.revision, 0)
    else if (event.kind === 'delta') this.trust.apply(event.delta)
    else {
      this.#pages ??= this.trust.beginSnapshot(event.revision, event.issuer)
      if (compareRevisions(this.#pages.revision, event.revision) !== 0) throw new Error('pages of two revisions')
      this.#pages.add(event.changes)
      if (!event.isLast) return
      this.trust.replace(this.#pages)
      this.#pages = undefined
    }
  }
}

function describe(event: TrustEvent): string {
  if (event.kind === 'heartbeat') return `heartbeat ${formatRevision(event.revision)}`
  if (event.kind === 'page') return `page ${event.page} of ${formatRevision(event.revision)}`
  return `delta ${formatRevision(event.delta.after)} to ${formatRevision(event.delta.revision)}`
}

/** Whether a state knows all up to a revision. */
export function knows({ revision }: TrustState, expected: Revision): boolean {
  return revision !== undefined && compareRevisions(revision, expected) >= 0
}
