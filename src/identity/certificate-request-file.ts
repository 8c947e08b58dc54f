import { AuthError } from '../core/errors.ts'
import { MAX_REQUEST_BYTES } from './certificate-request.ts'
import { decodePem } from './pem.ts'

const LABELS = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'] // as openssl and keytool write it
const SEQUENCE_TAG = 0x30

/** With what may stand around the request. */
export const MAX_REQUEST_FILE_BYTES: number = 4 * MAX_REQUEST_BYTES

/**
 * The certificate request of a file in DER, unverified. The file holds it in PEM, or is the DER.
 * @param place what holds it, for the message
 * @throws AuthError CERTIFICATE_REQUEST_INVALID where there is not exactly one
 */
export function decodeCertificateRequest(contents: Uint8Array, place: string): Buffer {
  if (contents.length > MAX_REQUEST_FILE_BYTES) throw invalid(`${place} is too long for a request`)
  const bytes = Buffer.from(contents)
  if (bytes[0] === SEQUENCE_TAG) return bytes
  const requests = decodePem(LABELS, bytes.toString('latin1'))
  if (requests === undefined) throw invalid(`${place} holds a certificate request whose block in PEM is damaged`)
  const [request, ...others] = requests
  if (request === undefined) throw invalid(`${place} holds no certificate request in PEM or DER form`)
  if (others.length > 0) throw invalid(`${place} holds ${others.length + 1} certificate requests`)
  return request
}

function invalid(problem: string): AuthError {
  const remedy = 'Expected one, as openssl makes it: openssl req -new -key orders.key -subj / -out orders.csr'
  return new AuthError('CERTIFICATE_REQUEST_INVALID', `${problem}. ${remedy}`)
}
