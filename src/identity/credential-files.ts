import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, systemClock } from '../core/clock.ts'
import { AuthError, messageOf } from '../core/errors.ts'
import { type Credential, parseCredential } from './credential.ts'
import { type ServicePath, servicePathOf } from './service-id.ts'

/** Where a service's credential lies in a directory. */
export interface CredentialFiles {
  readonly certificateChain: string
  readonly privateKey: string
  readonly bundle: string
}

/**
 * Names the files of a service: `orders.pem`, `orders.key` and, shared by all, `bundle.pem`.
 * @throws AuthError REQUEST_INVALID for a service whose files would be the bundle's
 */
export function credentialFilesOf(directory: string, service: ServicePath): CredentialFiles {
  // Where the directory below is one of credentials too, that is the name of its roots.
  if (service === 'bundle' || service.endsWith('/bundle')) {
    throw new AuthError('REQUEST_INVALID', 'A service cannot be called "bundle": bundle.pem holds the roots.')
  }
  return {
    certificateChain: join(directory, `${service}.pem`),
    privateKey: join(directory, `${service}.key`),
    bundle: join(directory, 'bundle.pem'),
  }
}

/**
 * Loads the credential of a service from a directory, as `countersign ca issue` writes it.
 * @throws AuthError CONFIGURATION_INVALID, CERTIFICATE_EXPIRED
 */
export async function loadCredential(
  directory: string,
  service: ServicePath,
  clock: Clock = systemClock,
): Promise<Credential> {
  const files = credentialFilesOf(directory, service)
  const [certificateChain, privateKey, bundle] = await Promise.all([
    readText(files.certificateChain),
    readText(files.privateKey),
    readText(files.bundle),
  ])
  const credential = parseCredential({ certificateChain, privateKey, bundle }, clock(), files.certificateChain)
  if (servicePathOf(credential.serviceId) !== service) {
    throw new AuthError(
      'CONFIGURATION_INVALID',
      `${files.certificateChain} holds the certificate of ${credential.serviceId}, not of ${service}.`,
    )
  }
  return credential
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new AuthError(
      'CONFIGURATION_INVALID',
      `Cannot read ${file}: ${messageOf(error)}. "countersign ca issue" writes a service's files.`,
    )
  }
}
