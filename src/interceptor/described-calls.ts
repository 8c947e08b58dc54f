import type { Metadata, UntypedServiceImplementation } from '@grpc/grpc-js'
import { areSpansKept, type CallAttributes, describeSpan } from '../core/telemetry.ts'
import { type Caller, findCaller } from './caller.ts'

/** Of a call, and of the callback that the kinds with one response have. */
type Handler = (call: { readonly metadata: Metadata }, callback?: unknown) => unknown

/**
 * Has each handler's span tell who calls. It is there when the handler begins: instrumentations open it around that.
 * Without an SDK handlers stay as they are.
 */
export function describeCalls(implementation: UntypedServiceImplementation): UntypedServiceImplementation {
  if (!areSpansKept()) return implementation
  const handlers = Object.entries(implementation).map(([name, handler]) => [name, describe(handler as Handler)])
  return Object.fromEntries(handlers)
}

function describe(handler: Handler): Handler {
  return (call, callback) => {
    describeSpan(() => attributesOf(findCaller(call.metadata)))
    return handler(call, callback)
  }
}

function attributesOf(caller: Caller | undefined): CallAttributes {
  const { serviceId, subject, tokenId } = caller ?? {}
  return { outcome: 'allowed', caller: serviceId, subject, tokenId }
}
