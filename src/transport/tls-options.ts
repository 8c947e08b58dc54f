import { constants } from 'node:crypto'
import type { SecureContextOptions } from 'node:tls'
import type { Credential } from '../identity/credential.ts'
import { encodePrivateKey } from '../identity/key-pair.ts'

/**
 * The TLS settings of both sides: version 1.3 only, this credential, no other root than the trust domain's.
 * Always given in full: Node's `setSecureContext` resets whatever is left out, the minimum version too.
 */
export function secureContextOptions(credential: Credential): SecureContextOptions {
  return {
    key: encodePrivateKey(credential.privateKey),
    cert: credential.certificateChain,
    ca: credential.bundle,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    // A resumed session would skip the check of the client certificate, its expiry included.
    secureOptions: constants.SSL_OP_NO_TICKET,
  }
}
