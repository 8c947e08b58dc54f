import { AuthError } from '../core/errors.ts'
import {
  AUTHORITY_PATH,
  isReservedPath,
  parseServiceId,
  parseServicePath,
  type ServicePath,
  servicePathOf,
  type TrustDomain,
  trustDomainOf,
} from '../identity/service-id.ts'

/**
 * A service as commands take it: its path, or its whole ID.
 * @throws AuthError REQUEST_INVALID, also for one of another trust domain
 */
export function parseServiceArgument(text: string, trustDomain: TrustDomain): ServicePath {
  if (!text.includes('://')) return parseServicePath(text)
  const serviceId = parseServiceId(text)
  if (trustDomainOf(serviceId) === trustDomain) return servicePathOf(serviceId)
  throw new AuthError('REQUEST_INVALID', `${serviceId} is no service of ${trustDomain}, the trust domain of this CA.`)
}

/**
 * Requires that a path is one that may be certified on demand.
 * @param isReservedAllowed whether the operator asks for one of Countersign's own
 * @throws AuthError REQUEST_INVALID
 */
export function requireCertifiable(path: ServicePath, isReservedAllowed: boolean): void {
  if (path === AUTHORITY_PATH) {
    throw new AuthError('REQUEST_INVALID', `An authority certifies itself as "${path}": nobody else is it.`)
  }
  if (!isReservedPath(path)) {
    if (!isReservedAllowed) return
    throw new AuthError('REQUEST_INVALID', `"${path}" is not reserved: leave out --reserved.`)
  }
  if (!isReservedAllowed) {
    throw new AuthError('REQUEST_INVALID', `"${path}" is reserved for Countersign itself: call the service otherwise.`)
  }
  if (!/^countersign\/operator\/[^/]+$/.test(path)) {
    throw new AuthError('REQUEST_INVALID', `Of the reserved paths, only countersign/operator/NAME is issued on demand.`)
  }
}
