import { type DerNode, encodeDer } from '../core/der.ts'
import {
  bitString,
  boolean,
  contextConstructed,
  contextPrimitive,
  integerFromBytes,
  octetString,
  oid,
  sequence,
  smallInteger,
  time,
} from '../core/der-writer.ts'
import { type BasicConstraints, GeneralName, Oid } from '../identity/certificate.ts'
import { type IssuedKeyUsage, KEY_USAGE_BIT } from './profile.ts'
import { subjectPublicKeyInfo } from './public-key.ts'
import type { CertificateTemplate } from './template.ts'

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'

/** AlgorithmIdentifier of every signature here; its parameters are absent (RFC 5758 section 3.2). */
export const SIGNATURE_ALGORITHM = sequence(oid(ECDSA_WITH_SHA256))

const VERSION_3 = 2

/**
 * TBSCertificate: what is signed, fields and extensions in the order of the standard.
 * @see RFC 5280 section 4.1
 */
export function tbsCertificate(template: CertificateTemplate): DerNode {
  return sequence(
    contextConstructed(0, smallInteger(VERSION_3)),
    integerFromBytes(Buffer.from(template.serialNumber, 'hex')),
    SIGNATURE_ALGORITHM,
    template.issuer,
    sequence(time(template.notBefore), time(template.notAfter)),
    template.subject,
    subjectPublicKeyInfo(template.publicKey),
    contextConstructed(3, sequence(...extensions(template))),
  )
}

export function extension(id: string, value: DerNode, options: { readonly critical: boolean }): DerNode {
  const content = octetString(encodeDer(value))
  // DER leaves out what is the default (X.690 section 11.5), here `critical FALSE`.
  return options.critical ? sequence(oid(id), boolean(true), content) : sequence(oid(id), content)
}

function extensions(template: CertificateTemplate): readonly DerNode[] {
  const { authorityKeyId, extendedKeyUsage, subject, subjectKeyId } = template
  const all = [
    extension(Oid.basicConstraints, basicConstraints(template.basicConstraints), { critical: true }),
    extension(Oid.keyUsage, keyUsage(template.keyUsage), { critical: true }),
    extension(Oid.subjectAltName, subjectAltName(template), { critical: subject.children?.length === 0 }),
    extension(Oid.subjectKeyId, octetString(Buffer.from(subjectKeyId, 'hex')), { critical: false }),
  ]
  if (authorityKeyId !== undefined) {
    const keyId = contextPrimitive(0, Buffer.from(authorityKeyId, 'hex'))
    all.push(extension(Oid.authorityKeyId, sequence(keyId), { critical: false }))
  }
  if (extendedKeyUsage.length > 0) {
    all.push(extension(Oid.extendedKeyUsage, sequence(...extendedKeyUsage.map(oid)), { critical: false }))
  }
  return all
}

function basicConstraints({ isCa, pathLength }: BasicConstraints): DerNode {
  if (!isCa) return sequence()
  return pathLength === undefined ? sequence(boolean(true)) : sequence(boolean(true), smallInteger(pathLength))
}

/** A named bit list: no trailing zero bits (X.690 section 11.2.2). All bits in use are in the first octet. */
function keyUsage(usages: readonly IssuedKeyUsage[]): DerNode {
  const positions: readonly number[] = usages.map((usage) => KEY_USAGE_BIT[usage])
  const octet = positions.reduce((bits, position) => bits | (0x80 >> position), 0)
  return bitString(Buffer.of(octet), 7 - Math.max(...positions))
}

function subjectAltName({ uris, dnsNames }: CertificateTemplate): DerNode {
  return sequence(
    ...uris.map((uri) => contextPrimitive(GeneralName.uri, Buffer.from(uri, 'latin1'))),
    ...dnsNames.map((name) => contextPrimitive(GeneralName.dns, Buffer.from(name, 'latin1'))),
  )
}
