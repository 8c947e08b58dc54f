import type { KeyObject } from 'node:crypto'
import type { Certificate } from '../../identity/certificate.ts'
import { generateKeyPair } from '../../identity/key-pair.ts'
import type { TrustDomain } from '../../identity/service-id.ts'
import { issueCertificate } from '../certificate/issue.ts'
import type { Profiles } from '../certificate/profiles.ts'
import { intermediateTemplate, rootTemplate } from '../certificate/template.ts'
import type { Issuer } from './issuer.ts'

/** A root and an intermediate, with the keys of both. */
export interface Hierarchy {
  readonly trustDomain: TrustDomain
  readonly root: Certificate
  /** Only makes intermediates. */
  readonly rootKey: KeyObject
  readonly intermediate: Certificate
  readonly intermediateKey: KeyObject
}

/** @param now milliseconds since 1970 */
export function createHierarchy(trustDomain: TrustDomain, profiles: Profiles, now: number): Hierarchy {
  const rootPair = generateKeyPair()
  const intermediatePair = generateKeyPair()
  const rootRequest = { trustDomain, publicKey: rootPair.publicKey }
  const root = issueCertificate(rootTemplate(rootRequest, profiles.root, now), rootPair.privateKey)
  const request = { trustDomain, publicKey: intermediatePair.publicKey }
  const template = intermediateTemplate(request, root, profiles.intermediate, now)
  const intermediate = issueCertificate(template, rootPair.privateKey, root)
  return {
    trustDomain,
    root,
    rootKey: rootPair.privateKey,
    intermediate,
    intermediateKey: intermediatePair.privateKey,
  }
}

export function issuerOf({ trustDomain, root, intermediate, intermediateKey }: Hierarchy): Issuer {
  return { trustDomain, roots: [root], chain: [intermediate], key: intermediateKey }
}
