import type { KeyObject } from 'node:crypto'
import type { Certificate } from '../identity/certificate.ts'
import { generateKeyPair } from '../identity/key-pair.ts'
import type { TrustDomain } from '../identity/service-id.ts'
import { issueCertificate } from './issue.ts'
import { intermediateTemplate, rootTemplate } from './template.ts'

/** What issues certificates to services: an intermediate, its key, and the root above it. */
export interface Issuer {
  readonly trustDomain: TrustDomain
  readonly root: Certificate
  readonly intermediate: Certificate
  readonly intermediateKey: KeyObject
}

/** A new CA, with the root's key, which only makes intermediates. */
export interface Hierarchy extends Issuer {
  readonly rootKey: KeyObject
}

/** @param now milliseconds since 1970 */
export function createHierarchy(trustDomain: TrustDomain, now: number): Hierarchy {
  const rootPair = generateKeyPair()
  const intermediatePair = generateKeyPair()
  const root = issueCertificate(rootTemplate(trustDomain, rootPair.publicKey, now), rootPair.privateKey)
  const template = intermediateTemplate(trustDomain, intermediatePair.publicKey, root, now)
  const intermediate = issueCertificate(template, rootPair.privateKey, root)
  return {
    trustDomain,
    root,
    rootKey: rootPair.privateKey,
    intermediate,
    intermediateKey: intermediatePair.privateKey,
  }
}
