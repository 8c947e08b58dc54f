/** HTTP/2 frames written by hand (RFC 9113 section 4), also such as no library writes. */

export const FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const Flag = { ack: 0x1, endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const

/** By code (RFC 9113 section 7). */
const ERROR_NAMES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
]

export function errorName(code: number): string {
  return ERROR_NAMES[code] ?? String(code)
}

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

export const FRAME_HEADER_LENGTH = 9

export interface FrameFields {
  readonly type: number
  readonly flags?: number
  readonly streamId?: number
  readonly payload?: Uint8Array
  /** What the frame says of its payload; the truth unless told. */
  readonly length?: number
}

export function frame({ type, flags = 0, streamId = 0, payload = Buffer.alloc(0), length }: FrameFields): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_LENGTH)
  header.writeUIntBE(length ?? payload.length, 0, 3)
  header.writeUInt8(type, 3)
  header.writeUInt8(flags, 4)
  header.writeUInt32BE(streamId, 5)
  return Buffer.concat([header, payload])
}

const MAX_FRAME_LENGTH = 16_384

/** HEADERS, and CONTINUATION where a block is too long for one frame. */
export function headersFrames(streamId: number, block: Buffer, flags = 0): Buffer {
  const parts = Array.from({ length: Math.max(1, Math.ceil(block.length / MAX_FRAME_LENGTH)) }, (_, index) =>
    block.subarray(index * MAX_FRAME_LENGTH, (index + 1) * MAX_FRAME_LENGTH),
  )
  const frames = parts.map((payload, index) => {
    const end = index === parts.length - 1 ? Flag.endHeaders : 0
    return index === 0
      ? frame({ type: FrameType.headers, flags: flags | end, streamId, payload })
      : frame({ type: FrameType.continuation, flags: end, streamId, payload })
  })
  return Buffer.concat(frames)
}

/** A name that stands twice is sent twice. */
export type HeaderFields = readonly (readonly [name: string, value: string])[]

/** Each field a literal without indexing, with a new name, without Huffman coding (RFC 7541 section 6.2.2). */
export function headerBlock(fields: HeaderFields): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), hpackString(name), hpackString(value)]))
}

/** A literal that is put into the dynamic table (RFC 7541 section 6.2.1). */
export function indexedLiteral(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0x40), hpackString(name), hpackString(value)])
}

/** An integer with a prefix of `bits` (RFC 7541 section 5.1), under the bits of `pattern`. */
export function hpackInteger(value: number, bits: number, pattern = 0): Buffer {
  const limit = 2 ** bits - 1
  if (value < limit) return Buffer.of(pattern | value)
  const octets = [pattern | limit]
  let rest = value - limit
  for (; rest >= 128; rest = Math.floor(rest / 128)) octets.push(128 + (rest % 128))
  return Buffer.of(...octets, rest)
}

function hpackString(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  return Buffer.concat([hpackInteger(bytes.length, 7), bytes])
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export function setting(id: number, value: number): Buffer {
  return Buffer.concat([Buffer.of(id >> 8, id & 0xff), uint32(value)])
}

/** A gRPC message with its prefix; `length` and `flag` say what is not so. */
export function grpcMessage(
  bytes: Uint8Array = Buffer.alloc(0),
  { flag = 0, length = bytes.length }: { readonly flag?: number; readonly length?: number } = {},
): Buffer {
  return Buffer.concat([Buffer.of(flag), uint32(length), bytes])
}

/** The header fields of a gRPC call as a client of good manners sends them. */
export function callFields(path: string, more: HeaderFields = []): HeaderFields {
  return [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'localhost'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
    ...more,
  ]
}
