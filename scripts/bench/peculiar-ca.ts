import 'reflect-metadata'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { Validity } from '../../src/ca/certificate/profiles.ts'
import { randomSerialNumber } from '../../src/ca/certificate/serial-number.ts'
import type { Issuer } from '../../src/ca/issuers/issuer.ts'
import type { Clock } from '../../src/core/clock.ts'
import { serviceIdOf } from '../../src/identity/service-id.ts'
import type { Application } from './certificate-application.ts'

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/**
 * A CA as one writes it with `@peculiar/x509`: verifies the request and makes the certificate that ours makes. What it
 * has made it does not read again.
 */
export function createPeculiarCa({ trustDomain, chain: [own], key }: Issuer, validity: Validity, clock: Clock) {
  const issuer = new X509Certificate(new Uint8Array(own.der))
  const signingKey = key.toCryptoKey(ECDSA, false, ['sign'])

  return async ({ request, path, dnsName }: Application): Promise<string> => {
    const parsed = new Pkcs10CertificateRequest(request)
    if (!(await parsed.verify())) throw new Error('The request is not signed with its key.')
    const keyId = await parsed.publicKey.getKeyIdentifier('SHA-256')
    const now = clock()
    const certificate = await X509CertificateGenerator.create({
      serialNumber: randomSerialNumber(),
      issuer: issuer.subjectName,
      notBefore: wholeSecond(now - validity.backdatingMs),
      notAfter: wholeSecond(now + validity.lifetimeMs),
      publicKey: parsed.publicKey,
      signingKey,
      signingAlgorithm: ECDSA,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new SubjectAlternativeNameExtension(
          [
            { type: 'url', value: serviceIdOf(trustDomain, path) },
            { type: 'dns', value: dnsName },
          ],
          true,
        ),
        new SubjectKeyIdentifierExtension(Buffer.from(keyId).toString('hex', 0, 20)),
        new AuthorityKeyIdentifierExtension(own.subjectKeyId ?? ''),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      ],
    })
    return `${certificate.toString('pem')}\n${issuer.toString('pem')}\n`
  }
}

function wholeSecond(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds / 1000) * 1000)
}
