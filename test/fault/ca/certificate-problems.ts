import { isDeepStrictEqual } from 'node:util'
import { keyThumbprintOf } from '../../../src/ca/certificate/key-identity.ts'
import { chainOf } from '../../../src/ca/issuers/authorities.ts'
import type { Certificate } from '../../../src/identity/certificate.ts'
import type { Stored } from './stored.ts'

/** What is wrong with a certificate that was found somewhere: it must be recorded, and be as its record says. */
export function certificateProblems(certificate: Certificate, stored: Stored | undefined): readonly string[] {
  if (stored === undefined) return ['a certificate of a CA that is not noted']
  if (certificate.basicConstraints?.isCa === true) return caProblems(certificate, stored)
  const record = stored.records.get(certificate.serialNumber)
  if (record === undefined) return [`no record of ${certificate.serialNumber}`]
  const said = {
    serviceId: certificate.names.uris[0],
    dnsNames: certificate.names.dnsNames,
    keyThumbprint: keyThumbprintOf(certificate.publicKey),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
  }
  const { serviceId, dnsNames, keyThumbprint, notBefore, notAfter } = record
  const noted = { serviceId, dnsNames, keyThumbprint, notBefore, notAfter }
  const problems: string[] = []
  if (!isDeepStrictEqual(said, noted)) problems.push(`${certificate.serialNumber} is not as its record says`)
  if (!record.requestedBy.startsWith('operator:')) problems.push(`${certificate.serialNumber}: nobody asked for it`)
  const issuer = stored.state.authorities.find(({ keyId }) => keyId === record.issuerKeyId)
  const isSigned = issuer !== undefined && certificate.x509.verify(chainOf(issuer)[0].publicKey)
  if (!isSigned) problems.push(`${certificate.serialNumber} is not signed by the intermediate of its record`)
  return problems
}

function caProblems({ der, serialNumber }: Certificate, { caCertificates }: Stored): readonly string[] {
  return caCertificates.some((known) => known.der.equals(der))
    ? []
    : [`no record of the CA certificate ${serialNumber}`]
}
