import type { KeyObject } from 'node:crypto'
import type { Certificate } from '../../identity/certificate.ts'
import { generateKeyPair } from '../../identity/key-pair.ts'
import { encodeCertificate } from '../../identity/pem.ts'
import type { TrustDomain } from '../../identity/service-id.ts'
import { issueCertificate } from '../certificate/issue.ts'
import { keyIdOf, keyThumbprintOf } from '../certificate/key-identity.ts'
import type { Profiles } from '../certificate/profiles.ts'
import { intermediateTemplate, rootTemplate } from '../certificate/template.ts'
import { ROOT_NAME } from './authorities.ts'
import type { AuthorityRecord, AuthorityState } from './ca-state.ts'

/** A root or an intermediate that has just been made. Nothing of it is recorded or on disk. */
export interface NewAuthority {
  readonly record: AuthorityRecord
  readonly certificate: Certificate
  readonly privateKey: KeyObject
}

/** Under which circumstances an authority is made. */
export interface Making {
  readonly trustDomain: TrustDomain
  readonly profiles: Profiles
  /** For the record: `operator:alice`. */
  readonly requestedBy: string
  /** Milliseconds since 1970. */
  readonly now: number
}

export function createRoot(state: AuthorityState, { trustDomain, profiles, requestedBy, now }: Making): NewAuthority {
  const { privateKey, publicKey } = generateKeyPair()
  const certificate = issueCertificate(rootTemplate({ trustDomain, publicKey }, profiles.root, now), privateKey)
  return { record: recordOf('root', ROOT_NAME, state, [certificate], { requestedBy, now }), certificate, privateKey }
}

/**
 * An intermediate below a root whose key is at hand.
 * @param name which of those that serve side by side
 */
export function createIntermediate(
  name: string,
  state: AuthorityState,
  root: { readonly certificate: Certificate; readonly privateKey: KeyObject },
  { trustDomain, profiles, requestedBy, now }: Making,
): NewAuthority {
  const { privateKey, publicKey } = generateKeyPair()
  const template = intermediateTemplate({ trustDomain, publicKey }, root.certificate, profiles.intermediate, now)
  const certificate = issueCertificate(template, root.privateKey, root.certificate)
  return { record: recordOf('intermediate', name, state, [certificate], { requestedBy, now }), certificate, privateKey }
}

/** @param chain the certificate of the authority, then those between it and its root */
export function recordOf(
  kind: AuthorityRecord['kind'],
  name: string,
  state: AuthorityState,
  chain: readonly [Certificate, ...Certificate[]],
  { requestedBy, now }: Pick<Making, 'requestedBy' | 'now'>,
): AuthorityRecord {
  const [{ publicKey }] = chain
  return {
    ...keyFields(publicKey),
    kind,
    name,
    state,
    certificateChain: chain.map(({ der }) => encodeCertificate(der)).join(''),
    requestedBy,
    since: now,
  }
}

export function keyFields(publicKey: KeyObject): Pick<AuthorityRecord, 'keyId' | 'keyThumbprint'> {
  return { keyId: keyIdOf(publicKey), keyThumbprint: keyThumbprintOf(publicKey) }
}
