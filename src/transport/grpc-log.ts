import { setLogger } from '@grpc/grpc-js'
import type { Logger } from '../core/logger.ts'

/**
 * Has grpc-js write to a service's log what it writes to standard error by itself. A process has one such log: the one
 * that was named last.
 */
export function logGrpcTo(logger: Logger): void {
  const inform = (message: unknown) => logger.info({ source: 'grpc-js' }, String(message))
  setLogger({
    error(message: unknown) {
      // It quotes the whole entry: a token with one character too many would stand in the log.
      if (DROPPED_METADATA.test(String(message))) logger.debug({ source: 'grpc-js' }, 'unreadable metadata dropped')
      else logger.error({ source: 'grpc-js' }, String(message))
    },
    info: inform,
    debug: inform, // only where the environment asks for it
  })
}

const DROPPED_METADATA = /^Failed to add metadata entry /
