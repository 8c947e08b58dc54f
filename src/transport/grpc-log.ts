import { setLogger } from '@grpc/grpc-js'
import type { Logger } from '../core/logger.ts'

/**
 * Has grpc-js write to a service's log what it writes to standard error by itself. A process has one such log: the one
 * that was named last.
 */
export function logGrpcTo(logger: Logger): void {
  const inform = (message: unknown) => logger.info({ source: 'grpc-js' }, withoutTokens(String(message)))
  setLogger({
    error(message: unknown) {
      // It quotes the whole entry: a token with one character too many would stand in the log.
      if (DROPPED_METADATA.test(String(message))) logger.debug({ source: 'grpc-js' }, 'unreadable metadata dropped')
      else logger.error({ source: 'grpc-js' }, withoutTokens(String(message)))
    },
    info: inform,
    debug: inform, // only where the environment asks for it, and then with the header fields of every call
  })
}

const DROPPED_METADATA = /^Failed to add metadata entry /

/** A JWT, or as much of one as there is: its header is a JSON object. */
const TOKEN = /\beyJ[\w-]*(?:\.[\w-]*){0,2}/g

function withoutTokens(message: string): string {
  return message.replaceAll(TOKEN, '[a token]')
}
