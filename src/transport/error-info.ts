import protobuf from 'protobufjs'

/** Why a call was refused, as it travels in `grpc-status-details-bin`. */
export interface ErrorInfo {
  readonly reason: string
  readonly metadata: Readonly<Record<string, string>>
}

/** Says that a reason is one of ours (`google.rpc.ErrorInfo.domain`). */
const DOMAIN = 'countersign'
const TYPE_URL = 'type.googleapis.com/google.rpc.ErrorInfo'

/** google/rpc/status.proto and google/rpc/error_details.proto, as far as they are used here. */
const ErrorInfoMessage = new protobuf.Type('ErrorInfo')
  .add(new protobuf.Field('reason', 1, 'string'))
  .add(new protobuf.Field('domain', 2, 'string'))
  .add(new protobuf.MapField('metadata', 3, 'string', 'string'))
const AnyMessage = new protobuf.Type('Any')
  .add(new protobuf.Field('type_url', 1, 'string'))
  .add(new protobuf.Field('value', 2, 'bytes'))
const StatusMessage = new protobuf.Type('Status')
  .add(new protobuf.Field('code', 1, 'int32'))
  .add(new protobuf.Field('message', 2, 'string'))
  .add(new protobuf.Field('details', 3, 'Any', 'repeated'))
new protobuf.Root().add(ErrorInfoMessage).add(AnyMessage).add(StatusMessage)

/** A `google.rpc.Status` that carries one `google.rpc.ErrorInfo`. */
export function encodeErrorInfo(status: number, message: string, info: ErrorInfo): Buffer {
  const value = ErrorInfoMessage.encode({ ...info, domain: DOMAIN }).finish()
  return Buffer.from(StatusMessage.encode({ code: status, message, details: [{ type_url: TYPE_URL, value }] }).finish())
}

/** The ErrorInfo of ours in a `google.rpc.Status`; `undefined` where there is none. */
export function decodeErrorInfo(bytes: Uint8Array): ErrorInfo | undefined {
  try {
    const status = StatusMessage.toObject(StatusMessage.decode(bytes), { arrays: true })
    const detail = status['details'].find((any: { type_url?: string }) => any.type_url === TYPE_URL)
    const info = ErrorInfoMessage.toObject(ErrorInfoMessage.decode(detail.value), { objects: true })
    return info['domain'] === DOMAIN ? { reason: info['reason'] ?? '', metadata: info['metadata'] } : undefined
  } catch {
    return undefined // the peer's bytes are not what they should be
  }
}
