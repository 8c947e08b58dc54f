import { AuthError } from '../core/errors.ts'
import { AUTHORITY_PATH, type ServiceId, serviceIdOf } from '../identity/service-id.ts'
import { type OpenCa, stateOf } from './ca-context.ts'
import { parseServiceArgument } from './service-argument.ts'

/**
 * The service that an argument names, by its path or its whole ID. One that was never issued anything is refused: a service
 * that is spelled wrongly would look revoked. So is the authority: nobody would tell services of anything any more.
 * @throws AuthError REQUEST_INVALID
 */
export async function knownService(text: string, open: OpenCa): Promise<ServiceId> {
  const { trustDomain } = await stateOf(open)
  const path = parseServiceArgument(text, trustDomain)
  if (path === AUTHORITY_PATH) throw authorityRefused()
  const serviceId = serviceIdOf(trustDomain, path)
  if ((await open.store.inventory.list({ serviceId, validAt: 0 })).length > 0) return serviceId
  throw new AuthError('REQUEST_INVALID', `${serviceId} was never issued anything: "countersign ca list" shows who was.`)
}

function authorityRefused(): AuthError {
  return new AuthError(
    'REQUEST_INVALID',
    'An authority is neither blocked nor revoked as a service: no service would hear of anything any more. "countersign ca distrust" is for an intermediate that an authority issues with, "countersign revoke certificate" for one of its certificates.',
  )
}
