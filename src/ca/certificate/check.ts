import { encodeDer } from '../../core/der-encoder.ts'
import type { DerNode } from '../../core/der-node.ts'
import { AuthError } from '../../core/errors.ts'
import { type Certificate, Oid } from '../../identity/certificate.ts'
import { leafProblem } from '../../identity/leaf-profile.ts'
import type { CertificateTemplate } from './template.ts'

/**
 * Compares a signed certificate, as read again, with what it was meant to say. OpenSSL's
 * reading (`x509`) counts beside our own: it is another parser than the writer.
 * @throws AuthError INTERNAL at the first difference
 */
export function checkCertificate(certificate: Certificate, template: CertificateTemplate, issuer: Certificate): void {
  const difference = differenceOf(certificate, template, issuer)
  if (difference === undefined) return
  throw new AuthError(
    'INTERNAL',
    `The CA made a certificate that is not as it was meant: ${difference}. It is withheld.`,
  )
}

function differenceOf(certificate: Certificate, template: CertificateTemplate, issuer: Certificate) {
  const { x509 } = certificate
  if (certificate.version !== 3) return 'its version'
  if (certificate.serialNumber !== template.serialNumber) return 'its serial number'
  if (x509.serialNumber.toLowerCase() !== template.serialNumber) return 'its serial number, as OpenSSL reads it'
  if (!sameValue(certificate.issuer, template.issuer) || !x509.checkIssued(issuer.x509)) return 'its issuer'
  if (!x509.verify(issuer.publicKey)) return 'its signature'
  if (x509.validFromDate.getTime() !== template.notBefore) return 'the start of its validity'
  if (x509.validToDate.getTime() !== template.notAfter) return 'the end of its validity'
  if (template.notBefore >= template.notAfter) return 'the order of its dates'
  if (!certificate.publicKey.equals(template.publicKey)) return 'its key'
  if (!sameBasicConstraints(certificate, template)) return 'its basic constraints'
  if (x509.ca !== template.basicConstraints.isCa) return 'its basic constraints, as OpenSSL reads them'
  if (!sameList([...(certificate.keyUsage ?? [])], template.keyUsage)) return 'its key usage'
  if (!sameList(certificate.extendedKeyUsage ?? [], template.extendedKeyUsage)) return 'its extended key usage'
  // Node names it so, and means the extended one. (Its toLegacyObject would break a node:tls that is loaded after.)
  if (!sameList(x509.keyUsage ?? [], template.extendedKeyUsage)) return 'its extended key usage, as OpenSSL reads it'
  if (!sameValue(certificate.subject, template.subject)) return 'its subject'
  if (!sameNames(certificate, template)) return 'its names'
  if (x509.subjectAltName !== namesAsText(template)) return 'its names, as OpenSSL reads them'
  if (!sameNameConstraints(certificate, template)) return 'its name constraints'
  if (certificate.subjectKeyId !== template.subjectKeyId) return 'its subject key identifier'
  if (certificate.authorityKeyId !== template.authorityKeyId) return 'its authority key identifier'
  if (!sameExtensions(certificate, template)) return 'its list of extensions'
  return template.basicConstraints.isCa ? undefined : leafProblem(certificate)
}

function sameBasicConstraints({ basicConstraints }: Certificate, template: CertificateTemplate): boolean {
  const { isCa, pathLength } = template.basicConstraints
  return basicConstraints?.isCa === isCa && basicConstraints.pathLength === pathLength
}

function sameNames({ names }: Certificate, template: CertificateTemplate): boolean {
  return sameList(names.uris, template.uris) && sameList(names.dnsNames, template.dnsNames) && names.otherCount === 0
}

function sameNameConstraints({ nameConstraints }: Certificate, { permittedUris }: CertificateTemplate): boolean {
  if (nameConstraints === undefined) return permittedUris.length === 0
  const { excludedUris, otherCount } = nameConstraints
  return sameList(nameConstraints.permittedUris, permittedUris) && excludedUris.length === 0 && otherCount === 0
}

/** Node quotes a name with unusual characters, so that such a one differs from this. */
function namesAsText({ uris, dnsNames }: CertificateTemplate): string {
  return [...uris.map((uri) => `URI:${uri}`), ...dnsNames.map((name) => `DNS:${name}`)].join(', ')
}

function sameExtensions({ extensions }: Certificate, template: CertificateTemplate): boolean {
  const expected = expectedExtensions(template)
  return (
    extensions.size === expected.length &&
    expected.every(([oid, critical]) => extensions.get(oid)?.critical === critical)
  )
}

/** Object identifiers, and whether each is critical. */
function expectedExtensions(template: CertificateTemplate): readonly (readonly [string, boolean])[] {
  const expected: [string, boolean][] = [
    [Oid.basicConstraints, true],
    [Oid.keyUsage, true],
    [Oid.subjectAltName, isEmptyName(template)],
    [Oid.subjectKeyId, false],
  ]
  if (template.authorityKeyId !== undefined) expected.push([Oid.authorityKeyId, false])
  if (template.permittedUris.length > 0) expected.push([Oid.nameConstraints, true])
  if (template.extendedKeyUsage.length > 0) expected.push([Oid.extendedKeyUsage, false])
  return expected
}

function isEmptyName({ subject }: CertificateTemplate): boolean {
  return subject.children?.length === 0
}

/** Byte for byte, as names are compared (RFC 5280 section 6.1.3): OpenSSL takes some that differ for the same. */
function sameValue(actual: DerNode, expected: DerNode): boolean {
  return encodeDer(actual).equals(encodeDer(expected))
}

function sameList(actual: readonly string[], expected: readonly string[]): boolean {
  return actual.length === expected.length && actual.every((value, index) => value === expected[index])
}
