import { deflateSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { callByHand } from '../support/handmade-call.ts'
import { connectByHand } from '../support/handmade-connection.ts'
import {
  callFields,
  Flag,
  FrameType,
  frame,
  grpcMessage,
  type HeaderFields,
  headerBlock,
  hpackInteger,
  PREFACE,
  setting,
  uint32,
} from '../support/http2-frames.ts'
import { type SpawnedTarget, spawnTarget } from '../support/spawned-target.ts'
import { TOKEN_METHODS } from '../support/target.ts'

let target: SpawnedTarget
let reachedBefore: number

beforeAll(async () => {
  target = await spawnTarget()
  reachedBefore = 0
})
afterAll(() => target.kill())

// After each attack: the process is there, no handler has run for it, and others are served.
afterEach(async () => {
  expect(target.ended()).toBeUndefined()
  expect((await target.state()).reached).toBe(reachedBefore)
  await target.serve()
  reachedBefore += 1
})

const [path = ''] = TOKEN_METHODS

type Frames = (admitted: HeaderFields) => readonly Buffer[]

const bytes = (...octets: readonly number[]) => Buffer.from(octets)
const on = (streamId: number, type: number, payload: Uint8Array = Buffer.alloc(0), flags = 0) =>
  frame({ type, flags, streamId, payload })
const settings = (payload: Uint8Array, flags = 0) => on(0, FrameType.settings, payload, flags)
const data = (payload = grpcMessage(), streamId = 1) => on(streamId, FrameType.data, payload, Flag.endStream)
const block = (payload: Uint8Array, streamId = 1, flags: number = Flag.endHeaders) =>
  on(streamId, FrameType.headers, payload, flags)
const call = (fields: HeaderFields, streamId = 1, flags?: number) => block(headerBlock(fields), streamId, flags)

/** Every frame that RFC 9113 and RFC 7541 forbid, and how its connection ends. */
const MALFORMED: readonly (readonly [title: string, frames: Frames, outcome: string])[] = [
  ['SETTINGS on a stream', () => [on(1, FrameType.settings)], 'PROTOCOL_ERROR'],
  ['SETTINGS of five octets', () => [settings(Buffer.alloc(5))], 'FRAME_SIZE_ERROR'],
  ['an acknowledgement of SETTINGS with a payload', () => [settings(Buffer.alloc(6), Flag.ack)], 'FRAME_SIZE_ERROR'],
  ['a window of 2^31', () => [settings(setting(4, 2 ** 31))], 'FLOW_CONTROL_ERROR'],
  ['a largest frame of 0', () => [settings(setting(5, 0))], 'PROTOCOL_ERROR'],
  ['a largest frame of 2^24', () => [settings(setting(5, 2 ** 24))], 'PROTOCOL_ERROR'],
  ['push that is neither on nor off', () => [settings(setting(2, 2))], 'PROTOCOL_ERROR'],
  ['a frame beyond the largest', () => [on(1, FrameType.data, Buffer.alloc(16_385))], 'FRAME_SIZE_ERROR'],
  ['a frame that announces 16 MB', () => [frame({ type: FrameType.data, length: 0xffffff })], 'FRAME_SIZE_ERROR'],
  ['an unknown frame that announces 16 MB', () => [frame({ type: 99, length: 0xffffff })], 'FRAME_SIZE_ERROR'],
  ['HEADERS on stream 0', (admitted) => [call(admitted, 0)], 'PROTOCOL_ERROR'],
  ['HEADERS on an even stream', (admitted) => [call(admitted, 2)], 'PROTOCOL_ERROR'],
  ['HEADERS on a stream that is over', (admitted) => [call(admitted, 1, 5), call(admitted, 1, 5)], 'STREAM_CLOSED'],
  ['HEADERS that DATA interrupts', (admitted) => [call(admitted, 1, 0), data()], 'PROTOCOL_ERROR'],
  ['HEADERS that another call interrupts', (admitted) => [call(admitted, 1, 0), call(admitted, 3)], 'PROTOCOL_ERROR'],
  ['CONTINUATION alone', (admitted) => [on(1, FrameType.continuation, headerBlock(admitted), 4)], 'PROTOCOL_ERROR'],
  [
    'CONTINUATION of another stream',
    (admitted) => [call(admitted, 1, 0), on(3, FrameType.continuation)],
    'PROTOCOL_ERROR',
  ],
  ['HEADERS of more padding than there is', () => [block(Buffer.alloc(10, 255), 1, 0xd)], 'PROTOCOL_ERROR'],
  ['padded HEADERS that are empty', () => [block(Buffer.alloc(0), 1, 0xd)], 'PROTOCOL_ERROR'],
  ['DATA on stream 0', () => [data(grpcMessage(), 0)], 'PROTOCOL_ERROR'],
  ['DATA on a stream that is not open', () => [data()], 'PROTOCOL_ERROR'],
  ['DATA on a stream that is over', (admitted) => [call(admitted, 1, 5), data()], 'STREAM_CLOSED'],
  [
    'DATA of more padding than there is',
    (admitted) => [call(admitted), on(1, FrameType.data, bytes(5, 0), 8)],
    'PROTOCOL_ERROR',
  ],
  ['PRIORITY of four octets', () => [on(1, FrameType.priority, Buffer.alloc(4))], 'FRAME_SIZE_ERROR'],
  ['RST_STREAM on stream 0', () => [on(0, FrameType.rstStream, uint32(8))], 'PROTOCOL_ERROR'],
  ['RST_STREAM on a stream that is not open', () => [on(1, FrameType.rstStream, uint32(8))], 'PROTOCOL_ERROR'],
  [
    'RST_STREAM of three octets',
    (admitted) => [call(admitted), on(1, FrameType.rstStream, bytes(1, 2, 3))],
    'FRAME_SIZE_ERROR',
  ],
  [
    'PUSH_PROMISE',
    (admitted) => [on(1, FrameType.pushPromise, Buffer.concat([uint32(2), headerBlock(admitted)]), 4)],
    'PROTOCOL_ERROR',
  ],
  ['PING of seven octets', () => [on(0, FrameType.ping, Buffer.alloc(7))], 'FRAME_SIZE_ERROR'],
  ['PING on a stream', () => [on(1, FrameType.ping, Buffer.alloc(8))], 'PROTOCOL_ERROR'],
  ['GOAWAY on a stream', () => [on(1, FrameType.goAway, Buffer.alloc(8))], 'PROTOCOL_ERROR'],
  ['GOAWAY of seven octets', () => [on(0, FrameType.goAway, Buffer.alloc(7))], 'FRAME_SIZE_ERROR'],
  ['WINDOW_UPDATE of one octet', () => [on(0, FrameType.windowUpdate, bytes(1))], 'FRAME_SIZE_ERROR'],
  ['WINDOW_UPDATE by nothing', () => [on(0, FrameType.windowUpdate, uint32(0))], 'PROTOCOL_ERROR'],
  [
    'WINDOW_UPDATE by nothing on a stream',
    (admitted) => [call(admitted), on(1, FrameType.windowUpdate, uint32(0))],
    'PROTOCOL_ERROR',
  ],
  ['WINDOW_UPDATE on a stream that is not open', () => [on(9, FrameType.windowUpdate, uint32(1))], 'PROTOCOL_ERROR'],
  ['a window that overflows', () => [on(0, FrameType.windowUpdate, uint32(0x7fffffff))], 'FLOW_CONTROL_ERROR'],
  [
    'a window of a stream that overflows',
    (admitted) => [call(admitted), on(1, FrameType.windowUpdate, uint32(0x7fffffff))],
    'FLOW_CONTROL_ERROR',
  ],
  ['a header field of index 0', () => [block(bytes(0x80))], 'COMPRESSION_ERROR'],
  ['a header field of an index that is not there', () => [block(hpackInteger(200, 7, 0x80))], 'COMPRESSION_ERROR'],
  [
    'a header field of an index beyond 64 bits',
    () => [block(bytes(...Array<number>(11).fill(255), 127))],
    'COMPRESSION_ERROR',
  ],
  ['a header name longer than its block', () => [block(bytes(0, 0x7f, 0xff, 0xff, 0x7f, 1))], 'COMPRESSION_ERROR'],
  ['a header name whose coding never ends', () => [block(bytes(0, 0x84, 0xff, 0xff, 0xff, 0xff))], 'COMPRESSION_ERROR'],
  [
    'a header table that was not offered',
    (admitted) => [block(Buffer.concat([hpackInteger(1e6, 5, 0x20), headerBlock(admitted)]))],
    'COMPRESSION_ERROR',
  ],
  [
    'a header table that changes too late',
    (admitted) => [block(Buffer.concat([headerBlock(admitted), hpackInteger(0, 5, 0x20)]))],
    'COMPRESSION_ERROR',
  ],
  ['a header block that is cut off', (admitted) => [block(headerBlock(admitted).subarray(0, -3))], 'COMPRESSION_ERROR'],
]

/** What ends one stream at most. */
const REFUSED_ALONE: readonly (readonly [title: string, frames: Frames])[] = [
  ['HEADERS on a stream before the last', (admitted) => [call(admitted, 5), call(admitted, 3)]],
  ['HEADERS that are empty', () => [block(Buffer.alloc(0))]],
  ['trailers that name a method', (admitted) => [call(admitted), call([[':path', '/x']])]],
  ['trailers that do not end the stream', (admitted) => [call(admitted), call([['a', 'b']])]],
  ['a token in the trailers', (admitted) => [call(callFields(path)), call(admitted.slice(-1), 1, 5)]],
  ['a stream that depends on itself', () => [on(1, FrameType.priority, bytes(0, 0, 0, 1, 0))]],
  [
    'frames of unknown types',
    () => [on(7, 0xfe, Buffer.alloc(100), 255), on(0, 0x0a, bytes(0)), on(0, 0x10, uint32(9))],
  ],
  ['settings of unknown numbers', () => [settings(Buffer.concat([setting(0, 1), setting(0xffff, 0xffffffff)]))]],
  ['GOAWAY', () => [on(0, FrameType.goAway, Buffer.alloc(8))]],
]

describe('a connection is cut', () => {
  for (const [title, frames, error] of MALFORMED) {
    test(`for ${title}`, async () => {
      const connection = await connectByHand(target.port, target.tls)
      expect(await connection.outcome(...frames(admittedFields()))).toBe(`GOAWAY ${error}`)
    })
  }

  test('for another preface than that of HTTP/2', async () => {
    const others = [
      Buffer.alloc(100),
      Buffer.from('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'),
      Buffer.from(PREFACE.toString().toLowerCase()),
      PREFACE.subarray(1),
      call(admittedFields()),
      Buffer.concat([PREFACE, call(admittedFields())]),
      Buffer.concat([PREFACE, PREFACE]),
    ]
    for (const greeting of others) {
      const connection = await connectByHand(target.port, target.tls, { greeting })
      expect(await connection.outcome()).toMatch(/^(GOAWAY (INTERNAL|PROTOCOL|FRAME_SIZE)_ERROR|closed)$/)
    }
  })
})

describe('no call comes of', () => {
  for (const [title, frames] of REFUSED_ALONE) {
    test(title, async () => {
      const connection = await connectByHand(target.port, target.tls)
      expect(await connection.outcome(...frames(admittedFields()))).toMatch(
        /^(alive|RST_STREAM (PROTOCOL|INTERNAL)_ERROR)$/,
      )
    })
  }
})

const MB = 2 ** 20
const zeros = Buffer.alloc(100 * MB)

const compressed = (payload: Buffer) => grpcMessage(payload, { flag: 1 })

/** What follows the header fields of a call that is admitted. */
const MESSAGES: readonly (readonly [title: string, body: Buffer, status: string, encoding?: string])[] = [
  ['announces 2 GB', grpcMessage(Buffer.alloc(10), { length: 0x7fffffff }), 'RESOURCE_EXHAUSTED'],
  ['announces 4 GB', grpcMessage(Buffer.alloc(10), { length: 0xffffffff }), 'RESOURCE_EXHAUSTED'],
  ['announces 4 MB and an octet', grpcMessage(Buffer.alloc(10), { length: 4 * MB + 1 }), 'RESOURCE_EXHAUSTED'],
  ['is 5 MB', grpcMessage(zeros.subarray(0, 5 * MB)), 'RESOURCE_EXHAUSTED'],
  ['unpacks to 100 MB, by gzip', compressed(gzipSync(zeros)), 'RESOURCE_EXHAUSTED', 'gzip'],
  ['unpacks to 100 MB, by deflate', compressed(deflateSync(zeros)), 'RESOURCE_EXHAUSTED', 'deflate'],
  ['is not gzip', compressed(Buffer.alloc(50)), 'INTERNAL', 'gzip'],
  ['is gzip that is cut off', compressed(gzipSync('message').subarray(0, 15)), 'INTERNAL', 'gzip'],
  ['is not deflate', compressed(Buffer.alloc(50, 1)), 'INTERNAL', 'deflate'],
  ['is nothing, packed', compressed(Buffer.alloc(0)), 'INTERNAL', 'gzip'],
  ...['zstd', '__proto__', 'constructor', 'gzip, gzip', 'GZIP'].map(
    (encoding) => [`is packed by ${encoding}`, compressed(Buffer.alloc(5)), 'UNIMPLEMENTED', encoding] as const,
  ),
  ['is cut off', grpcMessage(Buffer.alloc(10)).subarray(0, 8), 'UNIMPLEMENTED'],
  ['is cut off within its prefix', bytes(0, 0), 'UNIMPLEMENTED'],
  ['is missing', bytes(), 'UNIMPLEMENTED'],
  ['comes twice', Buffer.concat([grpcMessage(), grpcMessage()]), 'UNIMPLEMENTED'],
  ['is not of protobuf', grpcMessage(bytes(0xff, 0xff, 0xff)), 'INTERNAL'],
  ['opens groups without end', grpcMessage(Buffer.alloc(100_000, 0x1b)), 'INTERNAL'],
]

describe('a message is refused', () => {
  for (const [title, body, status, encoding] of MESSAGES) {
    const more: HeaderFields = encoding === undefined ? [] : [['grpc-encoding', encoding]]

    test(`that ${title}`, async () => {
      const fields = [...admittedFields(), ...more]
      const [ending] = await callByHand(target.port, target.tls, { fields, body })
      expect(ending).toMatchObject({ http: 200, status })
    })

    test(`unread without a token, that ${title}`, async () => {
      const [ending] = await callByHand(target.port, target.tls, { fields: callFields(path, more), body })
      expect(ending).toMatchObject({ http: 200, reason: 'CREDENTIALS_MISSING' })
    })
  }

  test('unread without a token, two hundred times 4 MB on one connection', async () => {
    const body = grpcMessage(zeros.subarray(0, 4 * MB))
    const calls = Array.from({ length: 200 }, () => ({ fields: callFields(path), body }))
    const endings = await callByHand(target.port, target.tls, ...calls)
    expect(new Set(endings.map(({ reason }) => reason))).toEqual(new Set(['CREDENTIALS_MISSING']))
  })

  test('and the memory of it stays small', async () => {
    expect((await target.state()).peakRss).toBeLessThan(250)
  })
})

function admittedFields(): HeaderFields {
  return callFields(path, [['authorization', target.bearer]])
}
