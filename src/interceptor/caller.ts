import type { Metadata } from '@grpc/grpc-js'
import type { Scope } from '../core/scope.ts'
import type { ServiceId } from '../identity/service-id.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'

/** Who calls, once every check of the method's access rule has passed. */
export interface Caller {
  /** The service at the other end of the connection. */
  readonly serviceId: ServiceId
  /** On whose behalf it calls. */
  readonly subject: ServiceId
  /** What its token allows; empty where the method asks for a certificate only. */
  readonly scopes: readonly Scope[]
  /** The ID of its token; `undefined` where the method asks for a certificate only. */
  readonly tokenId: string | undefined
  readonly peer: VerifiedPeer
}

const callers = new WeakMap<Metadata, Caller>()

/**
 * The caller of a call that a handler was given.
 * @throws TypeError for a call that did not come through Countersign's server
 */
export function callerOf(call: { readonly metadata: Metadata }): Caller {
  const caller = findCaller(call.metadata)
  if (caller === undefined) throw new TypeError('This call was not authenticated: serve it with createServer.')
  return caller
}

/** The caller of the call with this metadata, if it was authenticated. */
export function findCaller(metadata: Metadata): Caller | undefined {
  return callers.get(metadata)
}

/** Handlers and interceptors see the same metadata object, and nothing else in common. */
export function rememberCaller(metadata: Metadata, caller: Caller): void {
  callers.set(metadata, caller)
}
