import { EventEmitter } from 'node:events'
import { Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { type FeedEnding, FeedSession, type WatchStream } from '../../../src/client/feed-session.ts'
import type { Clock } from '../../../src/core/clock.ts'
import type { WatchResponse } from '../../../src/gen/countersign/v1/WatchResponse.ts'
import { TrustService } from '../../../src/transport/authority-protos.ts'
import type { TrustState } from '../../../src/trust/trust-state.ts'

const { responseSerialize, responseDeserialize } = TrustService.service.Watch

export function encodeMessage(message: WatchResponse): Buffer {
  return responseSerialize(message)
}

/** A session of the feed, to which a test brings the messages, as they are on the wire. */
export class HandmadeFeed {
  readonly #stream = Object.assign(new EventEmitter(), { cancel() {} })
  /** Why the session has ended; `undefined` while it has not. */
  ending: FeedEnding | undefined

  constructor({ trust, clock }: { readonly trust: TrustState; readonly clock: Clock }) {
    new FeedSession({
      stream: this.#stream as unknown as WatchStream,
      trust,
      hasAlternative: false,
      clock,
      monotonic: clock,
      onVouch() {},
      onEnd: (ending) => {
        this.ending = ending
      },
    })
  }

  /** As grpc-js does: what cannot be decoded ends the call. */
  bring(message: Uint8Array): void {
    let decoded: unknown
    try {
      decoded = responseDeserialize(Buffer.from(message))
    } catch (error) {
      const ended: StatusObject = { code: status.INTERNAL, details: String(error), metadata: new Metadata() }
      return void this.#stream.emit('status', ended)
    }
    this.#stream.emit('data', decoded)
  }
}
