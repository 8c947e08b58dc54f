import { encodeDer } from '../../core/der-encoder.ts'
import type { DerNode } from '../../core/der-node.ts'
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
} from '../../core/der-writer.ts'
import { type BasicConstraints, GeneralName, Oid } from '../../identity/certificate.ts'
import { subjectPublicKeyInfo } from '../../identity/public-key.ts'
import { SIGNATURE_ALGORITHM } from '../../identity/signed-value.ts'
import { type IssuedKeyUsage, KEY_USAGE_BIT } from './profile.ts'
import type { CertificateTemplate } from './template.ts'

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
    contextConstructed(3, sequence(...extensionsOf(template))),
  )
}

export function extension(id: string, value: DerNode, options: { readonly critical: boolean }): DerNode {
  const content = octetString(encodeDer(value))
  // DER leaves out what is the default (X.690 section 11.5), here `critical FALSE`.
  return options.critical ? sequence(oid(id), boolean(true), content) : sequence(oid(id), content)
}

/** What an issuer is asked for, or says itself. */
export type ExtensionFields = Pick<
  CertificateTemplate,
  | 'authorityKeyId'
  | 'basicConstraints'
  | 'dnsNames'
  | 'extendedKeyUsage'
  | 'keyUsage'
  | 'permittedUris'
  | 'subject'
  | 'subjectKeyId'
  | 'uris'
>

export function extensionsOf(template: ExtensionFields): readonly DerNode[] {
  const { authorityKeyId, extendedKeyUsage, permittedUris, subject, subjectKeyId } = template
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
  if (permittedUris.length > 0) {
    all.push(extension(Oid.nameConstraints, nameConstraints(permittedUris), { critical: true }))
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

function subjectAltName({ uris, dnsNames }: ExtensionFields): DerNode {
  return sequence(
    ...uris.map((uri) => generalName(GeneralName.uri, uri)),
    ...dnsNames.map((name) => generalName(GeneralName.dns, name)),
  )
}

function nameConstraints(permittedUris: readonly string[]): DerNode {
  return sequence(contextConstructed(0, ...permittedUris.map((host) => sequence(generalName(GeneralName.uri, host)))))
}

function generalName(tag: number, text: string): DerNode {
  return contextPrimitive(tag, Buffer.from(text, 'latin1'))
}
