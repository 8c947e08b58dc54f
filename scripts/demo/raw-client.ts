import {
  type CallOptions,
  type ChannelCredentials,
  Client,
  connectivityState,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { Inventory } from '../../examples/shop/protos.ts'
import { systemClock } from '../../src/core/clock.ts'
import { decodeRefusal } from '../../src/transport/status.ts'
import type { Outcome } from './report.ts'

export type InventoryMethod = 'Reserve' | 'Restock' | 'Watch'

/** Calls inventory as plain grpc-js does: over one connection, with credentials sent as they are, and never twice. */
export class RawClient {
  readonly #client: Client

  constructor(address: string, channel: ChannelCredentials) {
    this.#client = new Client(address, channel, { 'grpc.use_local_subchannel_pool': 1 })
  }

  /** Makes a call, and tells how it went. */
  call(method: InventoryMethod, authorization?: string): Promise<Outcome> {
    const { path, requestSerialize } = Inventory.service[method]
    const metadata = new Metadata()
    if (authorization !== undefined) metadata.set('authorization', authorization)
    return new Promise((resolve) => {
      const finish = (error: ServiceError | null) =>
        resolve(error === null ? { outcome: 'allowed', status: 'OK' } : outcomeOf(error))
      const options: CallOptions = { deadline: systemClock() + 5_000 }
      const unread = (bytes: Buffer) => bytes
      const request = { sku: 'tea', quantity: 1 }
      this.#client.makeUnaryRequest(path, requestSerialize, unread, request, metadata, options, finish)
    })
  }

  /** Whether its connection stands. */
  get isConnected(): boolean {
    return this.#client.getChannel().getConnectivityState(false) === connectivityState.READY
  }

  close(): void {
    this.#client.close()
  }
}

function outcomeOf(error: ServiceError): Outcome {
  const refused = { outcome: 'refused', status: status[error.code] ?? '' } as const
  const reason = decodeRefusal(error.metadata)?.code
  return reason === undefined ? refused : { ...refused, reason }
}
