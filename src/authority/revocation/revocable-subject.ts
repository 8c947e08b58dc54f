import { AuthError } from '../../core/errors.ts'
import { parseServiceId, type TrustDomain, trustDomainOf } from '../../identity/service-id.ts'

/**
 * On whose behalf a token may be issued: a service of the trust domain by its ID, or `user:…`, `client:…`, `owner:…`.
 * Does not check that there is one: what is spelled wrongly looks revoked, and is not.
 * @throws AuthError REQUEST_INVALID
 */
export function parseRevocableSubject(text: string, trustDomain: TrustDomain): string {
  if (TYPED.test(text)) return text
  if (!text.includes('://'))
    throw refused('A subject is the ID of a service, or user:…, client:… or owner:… in plain characters.')
  const serviceId = parseServiceId(text)
  if (trustDomainOf(serviceId) === trustDomain) return serviceId
  throw refused(`${serviceId} is no service of ${trustDomain}.`)
}

const TYPED = /^(?:user|client|owner):[A-Za-z0-9._@+-]{1,128}$/

function refused(message: string): AuthError {
  return new AuthError('REQUEST_INVALID', message)
}
