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
import { bringsToken } from '../transport/token-metadata.ts'
import { type Attempt, type SendContext, SentRequests } from './sent-requests.ts'

/** Why a token is refused that another token may not be refused for. Any other refusal stands. */
const ANOTHER_TOKEN_HELPS: ReadonlySet<AuthErrorCode> = new Set([
  'CREDENTIALS_MISSING', // the server's rule is newer than the client's
  'TOKEN_BINDING_MISMATCH',
  'TOKEN_EXPIRED',
  'TOKEN_INVALID',
  'TOKEN_REVOKED',
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

/**
 * A call with a token, which is started again once where the server refuses the token and another may help.
 * It is the listener of its attempts itself: every object less per call is felt.
 */
export class TokenCall extends InterceptingCall implements InterceptingListener {
  readonly #options: InterceptorOptions
  readonly #nextCall: NextCall
  readonly #token: PendingToken
  readonly #logger: Logger
  readonly #requests: SentRequests
  #attempt: Attempt
  #metadata: Metadata | undefined
  #listener: Partial<InterceptingListener> | undefined
  #isReading = false
  #hasNoMessage = false
  #isEnded = false
  /** How the first attempt ended, where it was not the last. */
  #refused: StatusObject | undefined

  constructor({ options, nextCall, token, isTokenDue, logger }: TokenCallOptions) {
    const attempt = nextCall(isTokenDue ? { ...options, credentials: token } : withoutCredentials(options))
    super(attempt)
    this.#options = options
    this.#nextCall = nextCall
    this.#token = token
    this.#logger = logger
    this.#attempt = attempt
    this.#requests = new SentRequests(attempt)
  }

  override start(metadata: Metadata, listener?: Partial<InterceptingListener>): void {
    // Beside ours it would not be refused but end the connection, and every call on it.
    if (bringsToken(metadata)) throw ownCredentials()
    this.#metadata = isEmpty(metadata) ? NO_METADATA : metadata.clone()
    this.#listener = listener
    this.#attempt.start(metadata, this)
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

  onReceiveMetadata(metadata: Metadata): void {
    this.#requests.forget()
    this.#listener?.onReceiveMetadata?.(metadata)
  }

  onReceiveMessage(message: unknown): void {
    // How grpc-js says, just before the status, that a call with one response ends without it.
    if (message === null) {
      this.#hasNoMessage = true
      return
    }
    this.#requests.forget()
    this.#listener?.onReceiveMessage?.(message)
  }

  onReceiveStatus(ending: StatusObject): void {
    if (ending.code === status.OK || !this.#repeat(ending)) this.#end(ending)
  }

  /** Starts the call again, where that may help and nothing of an answer has come. Returns whether it did. */
  #repeat(ending: StatusObject): boolean {
    const refusal = decodeRefusal(ending.metadata)
    // A handler may refuse for one of these reasons too, when it has done half of its work.
    if (refusal === undefined || !refusal.isBeforeHandler || !ANOTHER_TOKEN_HELPS.has(refusal.code)) return false
    if (this.#metadata === undefined || !this.#requests.areKept) return false
    // A parent that was cancelled just now would not tell the next attempt.
    if (this.#options.parent?.cancelled) return false
    try {
      this.#restart(this.#metadata, refusal)
    } catch {
      return false // the channel has been closed
    }
    this.#refused = ending
    return true
  }

  #restart(metadata: Metadata, { code, decisionId }: Refusal): void {
    this.#logger.info({ method: this.#method, code, decisionId }, 'token refused, asking for another')
    this.#token.refuse()
    this.#hasNoMessage = false
    this.#attempt = this.#nextCall({ ...this.#options, credentials: this.#token })
    this.#attempt.start(metadata.clone(), this) // interceptors nearer to the channel may add to it
    if (this.#isReading) this.#attempt.startRead()
    this.#requests.repeat(this.#attempt)
  }

  #end(ending: StatusObject): void {
    if (this.#isEnded) return
    this.#isEnded = true
    const explained = this.#explain(ending)
    if (this.#hasNoMessage) this.#listener?.onReceiveMessage?.(null)
    this.#listener?.onReceiveStatus?.(explained)
  }

  /**
   * What the caller is told. Where the server refused the token and the authority then gave no other, that is the
   * authority's reason: it is what stands in the way of this call and of those to come, and says whether to try again
   * (the authority is away) or not (a grant is gone). Where the authority was not asked, the server's refusal stands.
   */
  #explain(ending: StatusObject): StatusObject {
    const { failure, isExhausted } = this.#token
    if (isExhausted) return this.#refused ?? ending
    if (failure === undefined) return ending
    this.#logFailure(failure)
    return encodeRefusal(failure)
  }

  #logFailure({ code, message, logDetail, decisionId }: AuthError): void {
    const fields = { method: this.#method, code, reason: logDetail ?? message, decisionId }
    try {
      this.#logger.warn(fields, 'no token for a call')
    } catch {
      // The call must end all the same, and the process must not.
    }
  }

  get #method(): string {
    return this.#options.method_definition.path
  }
}

const NO_METADATA = new Metadata()

/** As that of most calls is: a copy of it would be the largest of all that a call has to keep. */
function isEmpty(metadata: Metadata): boolean {
  if (Object.keys(metadata.getOptions()).length > 0) return false
  for (const _ in metadata.getMap()) return false
  return true
}

export function ownCredentials(): TypeError {
  return new TypeError(
    'Calls through Countersign bring no authorization, no token and no call credentials of their own.',
  )
}

function withoutCredentials({ credentials: _, ...others }: InterceptorOptions): InterceptorOptions {
  return others
}
