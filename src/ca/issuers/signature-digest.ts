import { parseDer } from '../../core/der.ts'
import { readContext, readOid, readSequence } from '../../core/der-reader.ts'
import type { Certificate } from '../../identity/certificate.ts'

/** Whether the issuer has signed with SHA-256, SHA-384 or SHA-512: TLS peers refuse SHA-1 in a chain. */
export function hasStrongDigest({ der }: Certificate): boolean {
  const [, algorithm] = readSequence(parseDer(der))
  const [id, parameters] = readSequence(algorithm)
  const signature = readOid(id)
  if (signature !== RSASSA_PSS) return STRONG_SIGNATURES.has(signature)
  const digest = readSequence(parameters).find(({ tagClass, tag }) => tagClass === 'context' && tag === 0)
  // What is left out is SHA-1 (RFC 4055 section 3.1).
  return digest !== undefined && STRONG_DIGESTS.has(readOid(readSequence(readContext(digest, 0)[0])[0]))
}

const RSASSA_PSS = '1.2.840.113549.1.1.10'

/** ECDSA (RFC 5758 section 3.2), then RSA (RFC 4055 section 5). */
const STRONG_SIGNATURES: ReadonlySet<string> = new Set([
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
])

/** SHA-256, SHA-384, SHA-512. */
const STRONG_DIGESTS: ReadonlySet<string> = new Set([
  '2.16.840.1.101.3.4.2.1',
  '2.16.840.1.101.3.4.2.2',
  '2.16.840.1.101.3.4.2.3',
])
