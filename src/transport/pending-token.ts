import { CallCredentials, Metadata, status } from '@grpc/grpc-js'
import { AuthError, messageOf } from '../core/errors.ts'
import type { Scope } from '../core/scope.ts'
import type { ServiceId } from '../identity/service-id.ts'
import type { TokenSource } from '../token/token-source.ts'
import { statusCodeOf } from './status.ts'

const SENDABLE = /^[\x21-\x7e]+$/

/**
 * Call credentials that say which token a call needs, and hold none. By themselves they fail the call.
 * Only a channel of ours turns them into a token: one for the service at its other end, bound to the very
 * certificate that the channel presents. So a token never travels in the clear, to another service, or
 * beside another certificate.
 */
export class PendingToken extends CallCredentials {
  readonly scopes: readonly Scope[]
  #failure: AuthError | undefined

  constructor(scopes: readonly Scope[]) {
    super()
    this.scopes = [...scopes]
  }

  /** Why no token could be had. grpc-js passes on no more than a text. */
  get failure(): AuthError | undefined {
    return this.#failure
  }

  bind(audience: ServiceId, tokens: TokenSource): CallCredentials {
    return CallCredentials.createFromMetadataGenerator((_, callback) => {
      this.#fetch(audience, tokens).then((metadata) => callback(null, metadata), callback)
    })
  }

  async #fetch(audience: ServiceId, tokens: TokenSource): Promise<Metadata> {
    this.#failure = undefined
    try {
      const token = await tokens({ audience, scopes: this.scopes })
      // grpc-js would quote what no header can hold in its error.
      if (!SENDABLE.test(token)) throw new TypeError('The token source brought something that is not a token.')
      const metadata = new Metadata()
      metadata.set('authorization', `Bearer ${token}`)
      return metadata
    } catch (error) {
      const refusal = error instanceof AuthError ? error : unexpected(error)
      this.#failure = refusal
      throw Object.assign(new Error(refusal.message), { code: statusCodeOf(refusal.code) })
    }
  }

  override generateMetadata(): Promise<Metadata> {
    const message = 'This call needs a token, which only a channel made by Countersign can bind to its certificate.'
    return Promise.reject(Object.assign(new Error(message), { code: status.UNAUTHENTICATED }))
  }

  /** Whatever it is combined with, the call fails: grpc-js combines the credentials of every call with the channel's. */
  override compose(): CallCredentials {
    return this
  }

  override _equals(other: CallCredentials): boolean {
    return this === other
  }
}

function unexpected(error: unknown): AuthError {
  return new AuthError('INTERNAL', 'No token could be had for this call.', { logDetail: messageOf(error) })
}
