import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { rulesFromTable } from '../../src/access/access-rules.ts'
import type { Address } from '../../src/core/address.ts'
import type { Clock } from '../../src/core/clock.ts'
import { silentLogger } from '../../src/core/logger.ts'
import type { Revision__Output } from '../../src/gen/countersign/v1/Revision.ts'
import type { RevokeRequest__Output } from '../../src/gen/countersign/v1/RevokeRequest.ts'
import type { WatchResponse } from '../../src/gen/countersign/v1/WatchResponse.ts'
import { MemoryCredentialSource } from '../../src/identity/credential-source.ts'
import { MeshServer } from '../../src/interceptor/mesh-server.ts'
import { TrustService } from '../../src/transport/authority-protos.ts'
import { encodeChanges } from '../../src/transport/trust-messages.ts'
import type { TrustChange } from '../../src/trust/change.ts'
import type { Revision } from '../../src/trust/revision.ts'
import { ISSUER } from './authority.ts'
import type { TestCa } from './pki.ts'
import { trustIn } from './trust.ts'

/** A server that answers `Watch` with what it is told. */
export interface FakeTrustService {
  readonly address: Address
  /** What was asked for, call by call: `undefined` for all that stands. */
  readonly asked: readonly (Revision | undefined)[]
  /** How many calls are open. */
  readonly openCount: number
  /** Sent to whoever opens a call, in the order of a real authority unless told. */
  greeting: (after: Revision | undefined) => readonly WatchResponse[]
  /** Sends to all who watch. */
  send(...messages: readonly WatchResponse[]): void
  /** Ends all calls, as an authority does that stops; the next are answered. */
  end(): void
  close(): Promise<void>
}

export interface FakeTrustServiceOptions {
  readonly pki: TestCa
  readonly clock: Clock
  readonly greeting: (after: Revision | undefined) => readonly WatchResponse[]
  /** Which service it is. Default: the authority. */
  readonly path?: string
  readonly port?: number
}

/** Starts it; it is closed after the test. */
export async function startTrustService(options: FakeTrustServiceOptions): Promise<FakeTrustService> {
  const { pki, clock, path = 'countersign/authority', port = 0 } = options
  const asked: (Revision | undefined)[] = []
  const open = new Set<Outbox>()
  const rule = { authentication: 'CERTIFICATE', callers: ['*'] } as const
  const server = new MeshServer(
    {
      credentials: new MemoryCredentialSource(pki.credential(path, { clock })),
      verifyToken: () => Promise.reject(new TypeError('no tokens here')),
      trust: trustIn({ pki, clock, dangerouslyTrustForever: true }),
      logger: silentLogger,
      clock,
    },
    rulesFromTable({ '/countersign.v1.TrustService/Watch': rule }),
  )
  server.addService(TrustService, {
    async *watch({ request }, { cancelled }) {
      const after = numbersOf(request.after)
      asked.push(after)
      const outbox = new Outbox(fake.greeting(after))
      open.add(outbox)
      try {
        yield* outbox.messages(AbortSignal.any([cancelled, server.closing]))
      } finally {
        open.delete(outbox)
      }
    },
    revoke: (_: { readonly request: RevokeRequest__Output }) =>
      Promise.reject(new TypeError('nothing is revoked here')),
    status: () => Promise.reject(new TypeError('no status here')),
  })
  const address = await server.listen(`localhost:${port}`)
  onTestFinished(() => server.close())
  const fake: FakeTrustService = {
    address,
    asked,
    get openCount() {
      return open.size
    },
    greeting: options.greeting,
    send(...messages) {
      for (const outbox of open) outbox.put(...messages)
    },
    end() {
      for (const outbox of open) outbox.end()
    },
    close: () => server.close(),
  }
  return fake
}

/** What one call has still to send. */
class Outbox {
  readonly #waiting: WatchResponse[]
  readonly #events = new EventTarget()
  #isEnded = false

  constructor(messages: readonly WatchResponse[]) {
    this.#waiting = [...messages]
  }

  put(...messages: readonly WatchResponse[]): void {
    this.#waiting.push(...messages)
    this.#events.dispatchEvent(new Event('news'))
  }

  end(): void {
    this.#isEnded = true
    this.#events.dispatchEvent(new Event('news'))
  }

  async *messages(signal: AbortSignal): AsyncGenerator<WatchResponse> {
    while (!signal.aborted && !this.#isEnded) {
      const next = this.#waiting.shift()
      if (next !== undefined) yield next
      else await once(this.#events, 'news', { signal }).catch(() => {})
    }
  }
}

function numbersOf(revision: Revision__Output | null): Revision | undefined {
  return revision === null ? undefined : { epoch: Number(revision.epoch), sequence: Number(revision.sequence) }
}

export interface HeartbeatTimes {
  readonly readAtMs: number
  readonly sentAtMs?: number
}

export function heartbeat(revision: Revision, { readAtMs, sentAtMs = readAtMs }: HeartbeatTimes): WatchResponse {
  return { heartbeat: { revision, readAtMs, sentAtMs } }
}

/** A snapshot of one page, unless told. */
export function page(
  revision: Revision,
  changes: readonly TrustChange[] = [],
  { page = 1, last = true, issuer = ISSUER } = {},
): WatchResponse {
  return { snapshot: { revision, page, last, issuer, changes: encodeChanges(changes) } }
}

export function delta(after: Revision, revision: Revision, changes: readonly TrustChange[] = []): WatchResponse {
  return { delta: { after, revision, changes: encodeChanges(changes) } }
}
