import { type ServiceId, servicePathOf } from '../identity/service-id.ts'
import { LEEWAY_SECONDS } from '../token/verify.ts'
import { type CaArguments, commandOf } from './ca-context.ts'

/** What revoking does not stop: whoever holds a certificate that is good is issued a new token. */
export function stillOpen(serviceId: ServiceId, args: CaArguments): string {
  const path = servicePathOf(serviceId)
  return `${path} can have new ones issued: ${commandOf(`block ${path}`, args)} stops that.`
}

/** What is refused beyond what was asked for. */
export const ROOM_FOR_SKEW = `Tokens that are issued within ${LEEWAY_SECONDS} s from now are refused too: clocks may differ by that.`
