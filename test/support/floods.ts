import { setImmediate as turn } from 'node:timers/promises'
import { connectByHand } from './handmade-connection.ts'
import { callFields, Flag, FrameType, frame, headerBlock, indexedLiteral, setting, uint32 } from './http2-frames.ts'
import type { SpawnedTarget } from './spawned-target.ts'
import { TOKEN_METHODS } from './target.ts'

/** Frames that are each allowed, or nearly, and of which there are too many. */
export interface Flood {
  readonly title: string
  /** What comes before. */
  readonly first?: readonly Buffer[]
  readonly nth: (index: number) => Buffer
  /** Whether the sender reads nothing of what it causes. */
  readonly isDeaf?: boolean
  /** As how many each counts, because it takes as long to make and to refuse; 1 unless told. */
  readonly weight?: number
  /** After so many a connection is cut at the latest; where it is undefined they are harmless, or end by themselves. */
  readonly cutAfter?: number
}

/** How a target got through a flood. */
export interface FloodReport {
  readonly outcome: string
  readonly sent: number
  /** The longest that a client of good manners waited meanwhile, in milliseconds. */
  readonly longestWaitMs: number
}

const BATCH = 250
const MAX_CALLS = 500

/** Sends `count` frames over one connection, unless it is cut before, while another client calls. */
export async function flood(
  target: SpawnedTarget,
  { first = [], nth, isDeaf = false, weight = 1 }: Flood,
  count: number,
): Promise<FloodReport> {
  const connection = await connectByHand(target.port, target.tls)
  if (isDeaf) connection.socket.pause()
  let isOver = false
  const waits = keepCalling(target, () => isOver)
  await connection.send(...first)
  let sent = 0
  for (; sent * weight < count && !connection.socket.destroyed; sent += BATCH) {
    await connection.send(...Array.from({ length: BATCH }, (_, index) => nth(sent + index)))
    await turn()
  }
  connection.socket.resume()
  const outcome = await connection.outcome()
  isOver = true
  return { outcome, sent, longestWaitMs: Math.max(...(await waits)) }
}

async function keepCalling(target: SpawnedTarget, isOver: () => boolean): Promise<readonly number[]> {
  const waits: number[] = []
  do waits.push(await target.serve())
  while (!isOver() && waits.length < MAX_CALLS)
  return waits
}

const streamId = (index: number) => 2 * index + 1

/** @param authorization of a call that is admitted */
export function floodsOf(authorization: string): readonly Flood[] {
  const [path = ''] = TOKEN_METHODS
  const admitted = headerBlock(callFields(path, [['authorization', authorization]]))
  const refused = headerBlock(callFields(path))
  const open = (id: number, payload: Buffer, flags: number = Flag.endHeaders) =>
    frame({ type: FrameType.headers, flags, streamId: id, payload })
  const reset = (id: number) => frame({ type: FrameType.rstStream, streamId: id, payload: uint32(8) })
  const whole = Flag.endHeaders | Flag.endStream
  const large = indexedLiteral('x-large', 'a'.repeat(4000))
  /** `count` times the field that was put into the dynamic table last. */
  const again = (count: number) => Buffer.alloc(count, 0x80 | 62)
  const bomb = (count: number) => (index: number) =>
    open(streamId(index), Buffer.concat([refused, index === 0 ? large : again(count)]), whole)
  const continuation = (payload: Buffer) => () => frame({ type: FrameType.continuation, streamId: 1, payload })
  const manyFields = Buffer.concat([
    refused,
    headerBlock(Array.from({ length: 1500 }, (_, index) => [`a${index}`, 'b'])),
  ])
  const longToken = headerBlock(callFields(path, [['authorization', `Bearer ${'a'.repeat(15_000)}`]]))

  return [
    { title: 'PING', nth: () => frame({ type: FrameType.ping, payload: Buffer.alloc(8) }) },
    {
      title: 'PING whose answers nobody reads',
      isDeaf: true,
      nth: () => frame({ type: FrameType.ping, payload: Buffer.alloc(8) }),
    },
    { title: 'empty SETTINGS', nth: () => frame({ type: FrameType.settings }), cutAfter: 10_000 },
    { title: 'SETTINGS with thirty values', nth: () => frame({ type: FrameType.settings, payload: thirtySettings }) },
    {
      title: 'PRIORITY',
      nth: (index) => frame({ type: FrameType.priority, streamId: streamId(index), payload: Buffer.alloc(5, 1) }),
      cutAfter: 20_000,
    },
    { title: 'WINDOW_UPDATE', nth: () => frame({ type: FrameType.windowUpdate, payload: uint32(1) }) },
    { title: 'GOAWAY', nth: () => frame({ type: FrameType.goAway, payload: Buffer.alloc(16_000) }), cutAfter: 10_000 },
    {
      title: 'frames of an unknown type',
      nth: () => frame({ type: 77, payload: Buffer.alloc(1000) }),
      cutAfter: 20_000,
    },
    {
      title: 'empty DATA',
      first: [open(1, admitted)],
      nth: () => frame({ type: FrameType.data, streamId: 1 }),
      cutAfter: 10_000,
    },
    {
      title: 'DATA of padding alone',
      first: [open(1, admitted)],
      nth: () => frame({ type: FrameType.data, flags: Flag.padded, streamId: 1, payload: padding }),
    },
    {
      title: 'CONTINUATION of one field each',
      first: [open(1, admitted, 0)],
      nth: continuation(headerBlock([['a', 'b']])),
      cutAfter: 1000,
    },
    { title: 'empty CONTINUATION', first: [open(1, admitted, 0)], nth: continuation(Buffer.alloc(0)), cutAfter: 1000 },
    {
      title: 'CONTINUATION of 16 KB each',
      first: [open(1, admitted, 0)],
      nth: continuation(headerBlock([['a', 'b'.repeat(16_000)]])),
      cutAfter: 1000,
    },
    {
      title: 'calls that are reset at once',
      nth: (index) => Buffer.concat([open(streamId(index), admitted), reset(streamId(index))]),
      cutAfter: 10_000,
    },
    {
      title: 'refused calls that are reset at once',
      nth: (index) => Buffer.concat([open(streamId(index), refused), reset(streamId(index))]),
      cutAfter: 10_000,
    },
    {
      title: 'calls that make the server reset them',
      nth: (index) =>
        Buffer.concat([
          open(streamId(index), admitted),
          frame({ type: FrameType.windowUpdate, streamId: streamId(index), payload: uint32(0) }),
        ]),
      cutAfter: 10_000,
    },
    {
      title: 'calls without a path',
      nth: (index) => open(streamId(index), headerBlock([[':method', 'POST']])),
      cutAfter: 10_000,
    },
    { title: 'calls that never end', nth: (index) => open(streamId(index), admitted) },
    { title: 'refused calls that never end', nth: (index) => open(streamId(index), refused) },
    {
      title: 'refused calls whose answers nobody reads',
      isDeaf: true,
      nth: (index) => open(streamId(index), refused, whole),
    },
    { title: 'trailers on one stream', first: [open(1, admitted)], nth: () => open(1, headerBlock([['a', 'b']])) },
    { title: 'header blocks that unpack to 48 MB', weight: 4, nth: bomb(12_000) },
    { title: 'header blocks that unpack to 40 KB', weight: 4, nth: bomb(10) },
    { title: 'header blocks of 1500 fields', weight: 10, nth: (index) => open(streamId(index), manyFields, whole) },
    { title: 'tokens of 15 KB', weight: 4, nth: (index) => open(streamId(index), longToken, whole) },
  ]
}

const thirtySettings = Buffer.concat(Array.from({ length: 30 }, (_, index) => setting(4, 65_535 + index)))
const padding = Buffer.concat([Buffer.of(255), Buffer.alloc(255)])
