import {
  InterceptingCall,
  type InterceptingListener,
  type InterceptorOptions,
  Metadata,
  type NextCall,
  type StatusObject,
  status,
} from '@grpc/grpc-js'
import type { AuthError, AuthErrorCode } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { PendingToken } from '../transport/pending-token.ts'
import { decodeRefusal, encodeRefusal, type Refusal } from '../transport/status.ts'
import { type Attempt, type SendContext, SentRequests } from './sent-requests.ts'

/** Why a token is refused that another token may not be refused for. Any other refusal stands. */
const ANOTHER_TOKEN_HELPS: ReadonlySet<AuthErrorCode> = new Set([
  'CREDENTIALS_MISSING', // the rule that the server follows is newer than the client's
  'TOKEN_BINDING_MISMATCH',
  'TOKEN_EXPIRED',
  'TOKEN_INVALID',
])

export interface TokenCallOptions {
  readonly options: InterceptorOptions
  readonly nextCall: NextCall
  /** Which token the call needs. It serves this call alone. */
  readonly token: PendingToken
  /** Whether the first attempt brings it. */
  readonly isTokenDue: boolean
  readonly logger: Logger
}

/** A call with a token, which is started again once where the server refuses its token and another may help. */
export class TokenCall extends InterceptingCall {
  readonly #set: TokenCallOptions
  readonly #requests: SentRequests
  #attempt: Attempt
  #metadata = new Metadata()
  #listener: Partial<InterceptingListener> = {}
  #isReading = false
  #hasNoMessage = false
  #isEnded = false
  /** How the first attempt ended, where it was not the last. */
  #refused: StatusObject | undefined

  constructor(set: TokenCallOptions) {
    const { options, nextCall, token, isTokenDue } = set
    const attempt = nextCall(isTokenDue ? { ...options, credentials: token } : withoutCredentials(options))
    super(attempt)
    this.#set = set
    this.#attempt = attempt
    this.#requests = new SentRequests(attempt)
  }

  override start(metadata: Metadata, listener: Partial<InterceptingListener> = {}): void {
    // Beside ours it would not be refused but end the connection, and every call on it.
    if (metadata.get('authorization').length > 0) throw ownCredentials()
    this.#metadata = metadata.clone()
    this.#listener = listener
    this.#startAttempt(metadata)
  }

  override sendMessageWithContext(context: SendContext, message: unknown): void {
    this.#requests.send(context, message)
  }

  override halfClose(): void {
    this.#requests.halfClose()
  }

  override startRead(): void {
    this.#isReading = true
    this.#attempt.startRead()
  }

  override cancelWithStatus(code: status, details: string): void {
    this.#requests.forget()
    this.#attempt.cancelWithStatus(code, details)
  }

  override getPeer(): string {
    return this.#attempt.getPeer()
  }

  override getAuthContext(): ReturnType<InterceptingCall['getAuthContext']> {
    return this.#attempt.getAuthContext()
  }

  #startAttempt(metadata: Metadata): void {
    this.#attempt.start(metadata, {
      onReceiveMetadata: (answer) => {
        this.#requests.forget()
        this.#listener.onReceiveMetadata?.(answer)
      },
      onReceiveMessage: (message) => {
        // How grpc-js says, just before the status, that a call with one response ends without it.
        if (message === null) this.#hasNoMessage = true
        else this.#receive(message)
      },
      onReceiveStatus: (ending) => {
        if (ending.code === status.OK || !this.#repeat(ending)) this.#end(ending)
      },
    })
  }

  #receive(message: unknown): void {
    this.#requests.forget()
    this.#listener.onReceiveMessage?.(message)
  }

  /** Starts the call again, where that may help and nothing of an answer has come. Returns whether it did. */
  #repeat(ending: StatusObject): boolean {
    const refusal = decodeRefusal(ending.metadata)
    if (refusal === undefined || !ANOTHER_TOKEN_HELPS.has(refusal.code)) return false
    // A parent that was cancelled just now would not tell the next attempt.
    if (!this.#requests.areKept || this.#set.options.parent?.cancelled) return false
    try {
      this.#restart(refusal)
    } catch {
      return false // the channel has been closed
    }
    this.#refused = ending
    return true
  }

  #restart({ code, decisionId }: Refusal): void {
    const { options, nextCall, token, logger } = this.#set
    logger.info({ method: options.method_definition.path, code, decisionId }, 'token refused, call repeated')
    token.refuse()
    this.#hasNoMessage = false
    this.#attempt = nextCall({ ...options, credentials: token })
    this.#startAttempt(this.#metadata)
    if (this.#isReading) this.#attempt.startRead()
    this.#requests.repeat(this.#attempt)
  }

  #end(ending: StatusObject): void {
    if (this.#isEnded) return
    this.#isEnded = true
    const explained = this.#explain(ending)
    if (this.#hasNoMessage) this.#listener.onReceiveMessage?.(null)
    this.#listener.onReceiveStatus?.(explained)
  }

  /**
   * The reason to tell the caller. Where the server refused the token and the authority then gave no other, that is
   * the authority's reason: no call has a future without a token, and the refused one may have been good when it was
   * fetched. Where the authority was not asked, the server's refusal stands.
   */
  #explain(ending: StatusObject): StatusObject {
    const { failure, isExhausted } = this.#set.token
    if (isExhausted) return this.#refused ?? ending
    if (failure === undefined) return ending
    this.#logFailure(failure)
    return encodeRefusal(failure)
  }

  #logFailure({ code, message, logDetail, decisionId }: AuthError): void {
    const { options, logger } = this.#set
    const fields = { method: options.method_definition.path, code, reason: logDetail ?? message, decisionId }
    try {
      logger.warn(fields, 'no token for a call')
    } catch {
      // The call must end all the same, and the process must not.
    }
  }
}

export function ownCredentials(): TypeError {
  return new TypeError('Calls through Countersign bring no authorization and no call credentials of their own.')
}

function withoutCredentials({ credentials: _, ...others }: InterceptorOptions): InterceptorOptions {
  return others
}
