import type { KeyObject } from 'node:crypto'
import { type DerNode, parseDer } from '../core/der.ts'
import { readSequence } from '../core/der-reader.ts'
import { oid, sequence, set, utf8String } from '../core/der-writer.ts'
import type { BasicConstraints, Certificate } from '../identity/certificate.ts'
import { type ServicePath, serviceIdOf, type TrustDomain } from '../identity/service-id.ts'
import { BACKDATING_MS, type IssuedKeyUsage, PROFILE, type Profile } from './profile.ts'
import { subjectKeyIdOf } from './public-key.ts'
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
  /** In lowercase hex. */
  readonly subjectKeyId: string
  /** In lowercase hex. Undefined: the extension is absent. */
  readonly authorityKeyId: string | undefined
}

/** @param now milliseconds since 1970 */
export function rootTemplate(trustDomain: TrustDomain, publicKey: KeyObject, now: number): CertificateTemplate {
  const name = authorityName('root', publicKey)
  return {
    ...profileFields(PROFILE.root, publicKey),
    ...validity(PROFILE.root, now, { notBefore: Number.NEGATIVE_INFINITY, notAfter: Number.POSITIVE_INFINITY }),
    issuer: name,
    subject: name,
    uris: [trustDomainUri(trustDomain)],
    dnsNames: [],
    authorityKeyId: undefined,
  }
}

/** @param now milliseconds since 1970 */
export function intermediateTemplate(
  trustDomain: TrustDomain,
  publicKey: KeyObject,
  issuer: Certificate,
  now: number,
): CertificateTemplate {
  return {
    ...profileFields(PROFILE.intermediate, publicKey),
    ...validity(PROFILE.intermediate, now, issuer),
    issuer: subjectOf(issuer),
    subject: authorityName('intermediate', publicKey),
    uris: [trustDomainUri(trustDomain)],
    dnsNames: [],
    authorityKeyId: issuer.subjectKeyId,
  }
}

/** What a service's certificate is asked to say. */
export interface LeafRequest {
  readonly trustDomain: TrustDomain
  readonly path: ServicePath
  readonly dnsNames: readonly string[]
  readonly publicKey: KeyObject
}

/**
 * The subject is empty: a common name holds 64 characters, a service path up to 2048, and
 * one name in one place cannot contradict itself.
 * @param now milliseconds since 1970
 */
export function leafTemplate(request: LeafRequest, issuer: Certificate, now: number): CertificateTemplate {
  return {
    ...profileFields(PROFILE.leaf, request.publicKey),
    ...validity(PROFILE.leaf, now, issuer),
    issuer: subjectOf(issuer),
    subject: sequence(),
    uris: [serviceIdOf(request.trustDomain, request.path)],
    dnsNames: [...request.dnsNames],
    authorityKeyId: issuer.subjectKeyId,
  }
}

const COMMON_NAME = '2.5.4.3'

/** Every CA key has a name of its own, so that peers never try one CA's key on another's signature. */
function authorityName(kind: 'root' | 'intermediate', publicKey: KeyObject): DerNode {
  const commonName = `Countersign ${kind} ${subjectKeyIdOf(publicKey).slice(0, 16)}`
  return sequence(set(sequence(oid(COMMON_NAME), utf8String(commonName))))
}

/** Byte for byte: an issuer is found by comparing names (RFC 5280 section 6.1.3). */
function subjectOf(certificate: Certificate): DerNode {
  const [tbs] = readSequence(parseDer(certificate.der))
  return sequence(...readSequence(readSequence(tbs)[5]))
}

function profileFields(profile: Profile, publicKey: KeyObject) {
  return {
    serialNumber: randomSerialNumber(),
    publicKey,
    basicConstraints: profile.basicConstraints,
    keyUsage: profile.keyUsage,
    extendedKeyUsage: profile.extendedKeyUsage,
    subjectKeyId: subjectKeyIdOf(publicKey),
  }
}

/** A certificate is never valid while its issuer is not. */
function validity(profile: Profile, now: number, issuer: { readonly notBefore: number; readonly notAfter: number }) {
  return {
    notBefore: wholeSecond(Math.max(now - BACKDATING_MS, issuer.notBefore)),
    notAfter: wholeSecond(Math.min(now + profile.lifetimeMs, issuer.notAfter)),
  }
}

function wholeSecond(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000
}
