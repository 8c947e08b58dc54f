import { AuthError } from '../core/errors.ts'
import { type ServiceId, serviceIdOf } from '../identity/service-id.ts'
import { type OpenCa, stateOf } from './ca-context.ts'
import { parseServiceArgument } from './service-argument.ts'

/**
 * The service that an argument names, by its path or its whole ID. One that was never issued anything is refused: a service
 * that is spelled wrongly would look revoked.
 * @throws AuthError REQUEST_INVALID
 */
export async function knownService(text: string, open: OpenCa): Promise<ServiceId> {
  const { trustDomain } = await stateOf(open)
  const serviceId = serviceIdOf(trustDomain, parseServiceArgument(text, trustDomain))
  if ((await open.store.inventory.list({ serviceId, validAt: 0 })).length > 0) return serviceId
  throw new AuthError('REQUEST_INVALID', `${serviceId} was never issued anything: "countersign ca list" shows who was.`)
}
