import { type Certificate, Oid } from './certificate.ts'
import { isP256 } from './key-pair.ts'
import { parseServiceId } from './service-id.ts'

/** The extensions that a service certificate may mark as critical: those which are checked here. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  Oid.basicConstraints,
  Oid.keyUsage,
  Oid.extendedKeyUsage,
  Oid.subjectAltName,
])

const MAX_SERIAL_OCTETS = 20

/**
 * Why a certificate is not one of a service, in words; `undefined` where it is.
 * TLS has checked the chain and its dates by then, but takes version 1, CA certificates,
 * missing usages and ambiguous names as a peer's certificate; this does not.
 * @see X509-SVID sections 2 to 4; RFC 5280 section 4.2
 */
export function leafProblem(certificate: Certificate): string | undefined {
  const { basicConstraints, keyUsage, extendedKeyUsage, names, extensions } = certificate
  if (certificate.version !== 3) return `version ${certificate.version} instead of 3`
  if (!isSerialNumber(certificate.serialNumber)) return 'the serial number is not positive or exceeds 20 octets'
  if (!isP256(certificate.publicKey)) return 'the key is not on P-256'
  if (basicConstraints === undefined) return 'no basic constraints'
  if (basicConstraints.isCa) return 'it is the certificate of a CA'
  if (keyUsage === undefined) return 'no key usage'
  if (extensions.get(Oid.keyUsage)?.critical !== true) return 'key usage is not critical'
  if (!keyUsage.has('digitalSignature')) return 'the key may not make digital signatures'
  if (keyUsage.has('keyCertSign') || keyUsage.has('cRLSign')) return 'the key may sign certificates or CRLs'
  if (extendedKeyUsage === undefined) return 'no extended key usage'
  if (!extendedKeyUsage.includes(Oid.serverAuth)) return 'extended key usage lacks serverAuth'
  if (!extendedKeyUsage.includes(Oid.clientAuth)) return 'extended key usage lacks clientAuth'
  if (extensions.has(Oid.nameConstraints)) return 'name constraints outside a CA'
  if (names.uris.length !== 1) return `${names.uris.length} URI names instead of one`
  if (!isServiceId(names.uris[0] ?? '')) return 'the URI name is not the SPIFFE ID of a service'
  if (certificate.isSubjectEmpty && extensions.get(Oid.subjectAltName)?.critical !== true) {
    return 'the subject is empty and its alternative name is not critical'
  }
  const unknown = [...extensions].find(([oid, { critical }]) => critical && !UNDERSTOOD.has(oid))
  if (unknown !== undefined) return `critical extension ${unknown[0]} is unknown`
  return undefined
}

function isSerialNumber(hex: string): boolean {
  return hex.length <= 2 * MAX_SERIAL_OCTETS && /^[0-7]/.test(hex) && !/^0+$/.test(hex)
}

function isServiceId(uri: string): boolean {
  try {
    parseServiceId(uri)
    return true
  } catch {
    return false
  }
}
