import type { KeyObject } from 'node:crypto'
import { wholeSecond } from '../../core/clock.ts'
import type { DerNode } from '../../core/der-node.ts'
import { oid, sequence, set, utf8String } from '../../core/der-writer.ts'
import type { BasicConstraints, Certificate } from '../../identity/certificate.ts'
import { type ServicePath, serviceIdOf, type TrustDomain } from '../../identity/service-id.ts'
import { keyIdOf } from './key-identity.ts'
import { permittedUrisOf } from './name-constraint.ts'
import { type IssuedKeyUsage, PROFILE, type Profile } from './profile.ts'
import type { IntermediateProfile, Validity } from './profiles.ts'
import { randomSerialNumber } from './serial-number.ts'
import { trustDomainUri } from './trust-domain-uri.ts'

/** All that a certificate will say, before it is signed. */
export interface CertificateTemplate {
  /** Content octets of the INTEGER, in hex. */
  readonly serialNumber: string
  readonly issuer: DerNode
  /** Milliseconds since 1970, in whole seconds. */
  readonly notBefore: number
  /** Milliseconds since 1970, in whole seconds. */
  readonly notAfter: number
  readonly subject: DerNode
  readonly publicKey: KeyObject
  readonly basicConstraints: BasicConstraints
  readonly keyUsage: readonly IssuedKeyUsage[]
  /** Object identifiers. Empty: the extension is absent. */
  readonly extendedKeyUsage: readonly string[]
  readonly uris: readonly string[]
  readonly dnsNames: readonly string[]
  /** Hosts of the URI names that certificates below may have. Empty: the extension is absent. */
  readonly permittedUris: readonly string[]
  /** In lowercase hex. */
  readonly subjectKeyId: string
  /** In lowercase hex. Undefined: the extension is absent. */
  readonly authorityKeyId: string | undefined
}

/** What a CA's certificate is asked to say. */
export interface AuthorityRequest {
  readonly trustDomain: TrustDomain
  readonly publicKey: KeyObject
}

/** @param now milliseconds since 1970 */
export function rootTemplate(request: AuthorityRequest, validity: Validity, now: number): CertificateTemplate {
  const { trustDomain, publicKey } = request
  const name = authorityName('root', publicKey)
  return {
    ...profileFields(PROFILE.root, publicKey),
    ...datesOf(validity, now, { notBefore: Number.NEGATIVE_INFINITY, notAfter: Number.POSITIVE_INFINITY }),
    issuer: name,
    subject: name,
    uris: [trustDomainUri(trustDomain)],
    dnsNames: [],
    permittedUris: [],
    authorityKeyId: undefined,
  }
}

/** @param now milliseconds since 1970 */
export function intermediateTemplate(
  request: AuthorityRequest,
  issuer: Certificate,
  profile: IntermediateProfile,
  now: number,
): CertificateTemplate {
  return {
    ...intermediateFields(request, profile),
    ...datesOf(profile, now, issuer),
    issuer: issuer.subject,
    authorityKeyId: issuer.subjectKeyId,
  }
}

/** What an intermediate says of itself, whoever certifies it. */
export function intermediateFields({ trustDomain, publicKey }: AuthorityRequest, profile: IntermediateProfile) {
  return {
    ...profileFields(PROFILE.intermediate, publicKey),
    subject: authorityName('intermediate', publicKey),
    uris: [trustDomainUri(trustDomain)],
    dnsNames: [],
    permittedUris: profile.nameConstraint ? permittedUrisOf(trustDomain) : [],
  }
}

/** What a service's certificate is asked to say. */
export interface LeafRequest extends AuthorityRequest {
  readonly path: ServicePath
  readonly dnsNames: readonly string[]
}

/**
 * The subject is empty: a common name holds 64 characters, a service path up to 2048, and
 * one name in one place cannot contradict itself.
 * @param now milliseconds since 1970
 */
export function leafTemplate(
  request: LeafRequest,
  issuer: Certificate,
  validity: Validity,
  now: number,
): CertificateTemplate {
  return {
    ...profileFields(PROFILE.leaf, request.publicKey),
    ...datesOf(validity, now, issuer),
    issuer: issuer.subject,
    subject: sequence(),
    uris: [serviceIdOf(request.trustDomain, request.path)],
    dnsNames: [...request.dnsNames],
    permittedUris: [],
    authorityKeyId: issuer.subjectKeyId,
  }
}

const COMMON_NAME = '2.5.4.3'

/** Every CA key has a name of its own, so that peers never try one CA's key on another's signature. */
function authorityName(kind: 'root' | 'intermediate', publicKey: KeyObject): DerNode {
  const commonName = `Countersign ${kind} ${keyIdOf(publicKey).slice(0, 16)}`
  return sequence(set(sequence(oid(COMMON_NAME), utf8String(commonName))))
}

function profileFields(profile: Profile, publicKey: KeyObject) {
  return {
    serialNumber: randomSerialNumber(),
    publicKey,
    basicConstraints: profile.basicConstraints,
    keyUsage: profile.keyUsage,
    extendedKeyUsage: profile.extendedKeyUsage,
    subjectKeyId: keyIdOf(publicKey),
  }
}

/** A certificate is never valid while its issuer is not. */
function datesOf(validity: Validity, now: number, issuer: { readonly notBefore: number; readonly notAfter: number }) {
  return {
    notBefore: wholeSecond(Math.max(now - validity.backdatingMs, issuer.notBefore)),
    notAfter: wholeSecond(Math.min(now + validity.lifetimeMs, issuer.notAfter)),
  }
}
