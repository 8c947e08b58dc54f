import { type InterceptingListener, Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { expect, test, vi } from 'vitest'
import type { CallArguments } from '../../src/transport/bounded-channel.ts'
import type { ChannelSuccession } from '../../src/transport/channel-succession.ts'
import { MeshCall } from '../../src/transport/mesh-call.ts'
import { isGarbage } from '../support/garbage.ts'
import { peer } from '../support/token.ts'

const OK: StatusObject = { code: status.OK, details: '', metadata: new Metadata() }

/** A call that has begun, and what grpc-js tells of it. */
function begunCall() {
  const start = vi.fn<(metadata: Metadata, listener: InterceptingListener) => void>()
  const current = { grpc: { createCall: () => ({ start }) }, callStarted: vi.fn(), callEnded: vi.fn() }
  const channels = { isClosed: false, current: () => current } as unknown as ChannelSuccession
  const settings = { server: peer.serviceId, tokens: undefined, trust: undefined, clock: Date.now }
  const caller = { onReceiveMetadata: vi.fn(), onReceiveMessage: vi.fn(), onReceiveStatus: vi.fn() }
  new MeshCall(channels, settings, [] as unknown as CallArguments).start(new Metadata(), caller)
  const [[, listener] = []] = start.mock.calls
  if (listener === undefined) throw new Error('The call was not started.')
  return { listener, caller }
}

/** In a function of its own, so that the test holds nothing but what it returns. */
function endedCall() {
  const { listener, caller } = begunCall()
  listener.onReceiveStatus(OK)
  expect(caller.onReceiveStatus.mock.calls).toEqual([[OK]])
  return { listener, caller: new WeakRef(caller) }
}

test('the side of the caller is let go at the end of its call, while the stream lasts', async () => {
  const { listener, caller } = endedCall()
  expect(await isGarbage(caller)).toBe(true)
  expect(listener).toBeDefined()
})
