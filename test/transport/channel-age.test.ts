import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Client, connectivityState, credentials, Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { parseServiceId } from '../../src/identity/service-id.ts'
import type { TokenSource } from '../../src/token/token-source.ts'
import { type GenerationChannelOptions, type MeshChannel, openChannel } from '../../src/transport/channel.ts'
import { PendingToken } from '../../src/transport/pending-token.ts'
import { standingClock } from '../support/clock.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { closed } from '../support/listener.ts'
import { callRaw, openRawServer, RAW_KINDS, type RawServer, startRaw } from '../support/raw-kinds.ts'

const issuer = createTestIssuer()
const orders = issuer.credential('orders')
const inventory = issuer.credential('inventory')

const AGE_MS = 100
const OK = { status: 'OK', answers: ['hello'] }
const HELD = { status: 'OK', answers: ['hold'] }

/** A server and a channel to it, whose time stands still until it has aged. */
async function setUp(options: Partial<GenerationChannelOptions> = {}) {
  const server = await openRawServer({ credentials: inventory })
  const { clock, moveTo } = standingClock()
  const channel = openTo(server, { maxConnectionAgeMs: AGE_MS, clock, ...options })
  return { server, channel, pass: (timeMs: number) => moveTo(clock() + timeMs) }
}

function openTo({ port }: RawServer, options: Partial<GenerationChannelOptions>): MeshChannel {
  const server = parseServiceId('spiffe://shop.internal/inventory')
  const channel = openChannel({ address: { host: 'localhost', port }, server, credential: orders, ...options })
  onTestFinished(() => channel.close())
  return channel
}

function until(condition: () => unknown): Promise<unknown> {
  return vi.waitUntil(condition, { timeout: 10_000, interval: 5 })
}

function openSockets({ accepted }: RawServer) {
  return accepted.filter((socket) => !socket.closed)
}

describe('at its maximum age a channel', () => {
  test('loses no call of any kind, while connections are replaced under load', { timeout: 60_000 }, async () => {
    const server = await openRawServer({ credentials: inventory })
    const tokens: TokenSource = async () => {
      await sleep(Math.random() * 5)
      return 'token'
    }
    const channel = openTo(server, { maxConnectionAgeMs: 50, clock: systemClock, tokens })
    const lost: unknown[] = []
    let count = 0
    const work = async () => {
      while (count < 5_000) {
        const kind = RAW_KINDS[count % RAW_KINDS.length] ?? 'unary'
        count += 1
        const withToken = count % 3 === 0 ? {} : { credentials: new PendingToken([]) }
        const outcome = await callRaw(channel, kind, withToken)
        if (outcome.status !== 'OK' || outcome.answers.join() !== 'hello') lost.push({ kind, ...outcome })
      }
    }
    await Promise.all(Array.from({ length: 16 }, work))
    expect(lost).toEqual([])
    expect(server.received()).toBe(count)
    expect(server.accepted.length).toBeGreaterThan(5)
    await until(() => openSockets(server).length === 0)
  })

  test('lets calls under way go on, and closes their connection after the last', async () => {
    const { server, channel, pass } = await setUp()
    const held = RAW_KINDS.map((kind) => startRaw(channel, kind, 'hold'))
    await until(() => server.received() === RAW_KINDS.length)
    pass(AGE_MS + 1)
    for (const kind of RAW_KINDS) expect(await callRaw(channel, kind)).toMatchObject(OK)
    await sleep(AGE_MS * 2) // nothing more comes of the first one's age
    const [first, second] = server.accepted
    expect([first?.closed, second?.closed, server.accepted.length]).toEqual([false, false, 2])

    server.release()
    for (const { outcome } of held) expect(await outcome).toMatchObject(HELD)
    if (first !== undefined) await closed(first)
    expect(await callRaw(channel, 'unary')).toMatchObject(OK)
    expect(server.accepted).toHaveLength(2)
  })

  test('lets calls that wait for a token go on where they are', async () => {
    const waiting = Promise.withResolvers<void>()
    const { server, channel, pass } = await setUp({ tokens: () => waiting.promise.then(() => 'token') })
    const calls = RAW_KINDS.map((kind) => callRaw(channel, kind, { credentials: new PendingToken([]) }))
    await until(() => channel.getConnectivityState(false) === connectivityState.READY)
    pass(AGE_MS + 1)
    expect(await callRaw(channel, 'unary')).toMatchObject(OK)
    waiting.resolve()
    for (const outcome of calls) expect(await outcome).toMatchObject(OK)
    expect(server.accepted).toHaveLength(2)
  })

  test('lets go of a connection after calls that are cancelled', async () => {
    const { server, channel, pass } = await setUp()
    const held = RAW_KINDS.map((kind) => startRaw(channel, kind, 'hold'))
    await until(() => server.received() === RAW_KINDS.length)
    pass(AGE_MS + 1)
    for (const { cancel } of held) cancel()
    await until(() => server.accepted[0]?.closed)
  })

  test('connects anew by itself where it is in use', async () => {
    const { server, channel, pass } = await setUp()
    const { outcome } = startRaw(channel, 'bidi', 'hold')
    await until(() => server.received() === 1)
    pass(AGE_MS + 1)
    await until(() => server.accepted.length === 2)
    await until(() => channel.getConnectivityState(false) === connectivityState.READY)
    server.release()
    expect(await outcome).toMatchObject(HELD)
  })

  test('only lets go where it is not in use, until the next call', async () => {
    const { server, channel, pass } = await setUp()
    expect(await callRaw(channel, 'unary')).toMatchObject(OK)
    pass(AGE_MS + 1)
    await until(() => openSockets(server).length === 0)
    expect(channel.getConnectivityState(false)).toBe(connectivityState.IDLE)
    expect(server.accepted).toHaveLength(1)
    expect(await callRaw(channel, 'unary')).toMatchObject(OK)
    expect(server.accepted).toHaveLength(2)
  })

  test('is replaced up to a fifth earlier, so that not all clients of a server come at once', async () => {
    for (const [random, ageMs] of [
      [0, 3_600_000],
      [0.5, 3_240_000],
      [1, 2_880_000],
    ] as const) {
      vi.spyOn(Math, 'random').mockReturnValue(random)
      const { server, channel, pass } = await setUp({ maxConnectionAgeMs: 3_600_000 })
      vi.restoreAllMocks()
      expect(await callRaw(channel, 'unary')).toMatchObject(OK)
      pass(ageMs)
      expect(await callRaw(channel, 'unary')).toMatchObject(OK)
      expect(server.accepted).toHaveLength(1)
      pass(1)
      expect(await callRaw(channel, 'unary')).toMatchObject(OK)
      expect(server.accepted).toHaveLength(2)
    }
  })

  test('is replaced though its connection is younger: the age counts from its first', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const { server, channel, pass } = await setUp({ maxConnectionAgeMs: 3_600_000 })
    vi.restoreAllMocks()
    expect(await callRaw(channel, 'unary')).toMatchObject(OK)
    pass(2_000_000)
    server.accepted[0]?.destroy()
    await until(() => channel.getConnectivityState(false) === connectivityState.IDLE)
    expect(await callRaw(channel, 'unary')).toMatchObject(OK)
    expect(server.accepted).toHaveLength(2)
    pass(2_000_000)
    expect(await callRaw(channel, 'unary')).toMatchObject(OK)
    expect(server.accepted).toHaveLength(3)
  })

  test('is a number of milliseconds', () => {
    const address = { host: 'localhost', port: 1 }
    for (const maxConnectionAgeMs of [0, -1, Number.NaN]) {
      expect(() =>
        openChannel({ address, server: inventory.serviceId, credential: orders, maxConnectionAgeMs }),
      ).toThrow(TypeError)
    }
  })
})

describe('many replacements', () => {
  test('leave no memory and no handle behind', { timeout: 60_000 }, async () => {
    setFlagsFromString('--expose-gc')
    const { server, channel, pass } = await setUp({ maxConnectionAgeMs: 1_000 })
    // grpc-js names each of its channels with an object, which nothing else keeps.
    const names: WeakRef<object>[] = []
    for (let count = 0; count < 200; count++) {
      expect(await callRaw(channel, RAW_KINDS[count % RAW_KINDS.length] ?? 'unary')).toMatchObject(OK)
      names.push(new WeakRef(channel.getChannelzRef()))
      pass(1_001)
    }
    expect(server.accepted).toHaveLength(200)
    await until(() => openSockets(server).length <= 1)
    const collectGarbage: () => void = runInNewContext('gc')
    await sleep(100)
    collectGarbage()
    expect(names.filter((name) => name.deref() !== undefined).length).toBeLessThanOrEqual(1)
    channel.close()
    await until(() => openSockets(server).length === 0)
    server.listener.close()
    await sleep(100)
    const ours = (resource: string) => resource !== 'PipeWrap' // vitest's own, and output
    expect(process.getActiveResourcesInfo().filter(ours)).toEqual([])
  })
})

describe('a call', () => {
  test('takes its channel when it starts: one that never does holds none open', async () => {
    const { server, channel, pass } = await setUp()
    channel.createCall('/test.Raw/Unary', Number.POSITIVE_INFINITY, null, null, null)
    expect(await callRaw(channel, 'unary')).toMatchObject(OK)
    pass(AGE_MS + 1)
    await until(() => openSockets(server).length === 0)
  })

  test('that was made before its channel was replaced goes on the next one', async () => {
    const { server, channel, pass } = await setUp()
    expect(await callRaw(channel, 'unary')).toMatchObject(OK)
    const call = channel.createCall('/test.Raw/Unary', Number.POSITIVE_INFINITY, null, null, null)
    pass(AGE_MS + 1)
    await until(() => openSockets(server).length === 0)
    expect(await startBare(call)).toMatchObject({ code: status.OK })
    expect(server.accepted).toHaveLength(2)
  })

  test('that is cancelled before it starts ends so, and never reaches the server', async () => {
    const { server, channel } = await setUp()
    const call = channel.createCall('/test.Raw/Unary', Number.POSITIVE_INFINITY, null, null, null)
    call.cancelWithStatus(status.ABORTED, 'first')
    call.cancelWithStatus(status.CANCELLED, 'second')
    expect([call.getAuthContext(), call.getPeer()]).toEqual([null, `dns:///localhost:${server.port}`])
    expect(await startBare(call)).toMatchObject({ code: status.ABORTED, details: 'first' })
    expect(await callRaw(channel, 'unary')).toMatchObject(OK)
    expect(server.received()).toBe(1)
  })

  test('that starts after its channel was closed ends', async () => {
    const { server, channel } = await setUp()
    const call = channel.createCall('/test.Raw/Unary', Number.POSITIVE_INFINITY, null, null, null)
    channel.close()
    expect(await startBare(call)).toMatchObject({ code: status.UNAVAILABLE })
    expect(server.accepted).toEqual([])
  })
})

describe('a channel that is closed', () => {
  test('takes no more calls, and does not come back to life', async () => {
    const { server, channel, pass } = await setUp()
    expect(await callRaw(channel, 'unary')).toMatchObject(OK)
    channel.close()
    channel.close()
    pass(AGE_MS + 1)
    for (const kind of RAW_KINDS) expect(() => startRaw(channel, kind)).toThrow('shut down')
    expect(channel.getConnectivityState(true)).toBe(connectivityState.SHUTDOWN)
    await until(() => openSockets(server).length === 0)
    expect(server.accepted).toHaveLength(1)
  })

  test('while an earlier one drains ends the calls that wait there, and lets those under way go on', async () => {
    const token = Promise.withResolvers<string>()
    const { server, channel, pass } = await setUp({ tokens: () => token.promise })
    const held = RAW_KINDS.map((kind) => startRaw(channel, kind, 'hold'))
    const waiting = RAW_KINDS.map((kind) => callRaw(channel, kind, { credentials: new PendingToken([]) }))
    await until(() => server.received() === RAW_KINDS.length)
    pass(AGE_MS + 1)
    expect(await callRaw(channel, 'unary')).toMatchObject(OK)
    channel.close()
    await until(() => server.accepted[1]?.closed)
    token.resolve('token')
    for (const outcome of waiting) expect(await outcome).toMatchObject({ status: 'UNAVAILABLE', answers: [] })
    server.release()
    for (const { outcome } of held) expect(await outcome).toMatchObject(HELD)
    await until(() => openSockets(server).length === 0)
  })

  test('does not connect again at its maximum age', async () => {
    const { server, channel, pass } = await setUp()
    const { outcome } = startRaw(channel, 'bidi', 'hold')
    await until(() => server.received() === 1)
    channel.close()
    pass(AGE_MS + 1)
    await sleep(AGE_MS * 3)
    server.release()
    expect(await outcome).toMatchObject(HELD)
    expect(server.accepted).toHaveLength(1)
  })
})

describe('the state of a channel', () => {
  test('can be waited for across a replacement', async () => {
    const { server, channel, pass } = await setUp()
    const client = new Client('unused', credentials.createInsecure(), { channelOverride: channel })
    const ready = () => new Promise<Error | undefined>((resolve) => client.waitForReady(Date.now() + 10_000, resolve))
    expect(await ready()).toBeUndefined()
    expect(channel.getConnectivityState(false)).toBe(connectivityState.READY)

    const { outcome } = startRaw(channel, 'bidi', 'hold')
    await until(() => server.received() === 1)
    const changes: (Error | undefined)[] = []
    const watch = () =>
      channel.watchConnectivityState(channel.getConnectivityState(true), Date.now() + 10_000, (error) => {
        changes.push(error)
        if (changes.length < 3) watch()
      })
    watch()
    pass(AGE_MS + 1)
    await until(() => changes.length > 0)
    expect(await ready()).toBeUndefined()
    server.release()
    expect(await outcome).toMatchObject(HELD)
    await until(() => server.accepted[0]?.closed)
    // Another channel, which connects, and has connected.
    expect(changes).toEqual([undefined, undefined])
    expect(server.accepted).toHaveLength(2)
  })

  test('that does not change is told by the deadline', async () => {
    const { channel } = await setUp()
    const error = await new Promise((resolve) => {
      channel.watchConnectivityState(connectivityState.IDLE, Date.now() + 20, resolve)
    })
    expect(error).toBeInstanceOf(Error)
  })
})

/** Starts a call without a client, with an empty request. */
function startBare(call: ReturnType<MeshChannel['createCall']>): Promise<StatusObject> {
  return new Promise((resolve) => {
    call.start(new Metadata(), { onReceiveMetadata() {}, onReceiveMessage() {}, onReceiveStatus: resolve })
    call.sendMessageWithContext({}, Buffer.from('hello'))
    call.halfClose()
    call.startRead()
  })
}
