import type { Metadata } from '@grpc/grpc-js'
import { createPrivateField } from '../core/private-field.ts'
import type { Scope } from '../core/scope.ts'
import type { ServiceId } from '../identity/service-id.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'
import type { VerifiedToken } from '../token/verify.ts'

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

/** A call that may reach its handler. */
export interface Admission {
  readonly caller: Caller
  /** What the caller proved it with; `undefined` where the method asks for a certificate only. */
  readonly token: VerifiedToken | undefined
}

/** Handlers and interceptors see the same metadata object, and nothing else in common. */
const admissions = createPrivateField<Metadata, Admission>()

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
  return admissions.get(metadata)?.caller
}

/** Ties an admission to its call, once. */
export function rememberAdmission(metadata: Metadata, admission: Admission): void {
  admissions.set(metadata, admission)
}
