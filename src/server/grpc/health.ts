import { once } from 'node:events'
import { status } from '@grpc/grpc-js'
import type { ProtoGrpcType } from '../../gen/health.ts'
import type { Handlers } from '../../interceptor/service-types.ts'
import { loadProtos } from '../../transport/protos.ts'

/** The gRPC health checking protocol, version 1. */
export const { Health } = loadProtos<ProtoGrpcType>(['grpc/health/v1/health.proto'], { directories: [] }).grpc.health.v1

/**
 * Health of a server and of its services: SERVING until it closes.
 * @param services full names; the empty name stands for the server as a whole
 */
export function healthHandlers(services: readonly string[], closing: AbortSignal): Handlers<typeof Health> {
  const known = new Set(['', ...services])
  const servingStatus = () => ({ status: closing.aborted ? ('NOT_SERVING' as const) : ('SERVING' as const) })
  return {
    async check({ request }) {
      if (known.has(request.service)) return servingStatus()
      const details = 'There is no service of this name here.'
      throw Object.assign(new Error(details), { code: status.NOT_FOUND, details })
    },
    async *watch({ request }, { cancelled }) {
      const ended = AbortSignal.any([cancelled, closing])
      yield known.has(request.service) ? servingStatus() : { status: 'SERVICE_UNKNOWN' as const }
      if (!ended.aborted) await once(ended, 'abort')
      if (known.has(request.service)) yield servingStatus()
    },
  }
}
