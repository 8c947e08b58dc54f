import { readFile } from 'node:fs/promises'
import { type Clock, systemClock } from '../core/clock.ts'
import { DerError } from '../core/der.ts'
import { AuthError, messageOf } from '../core/errors.ts'
import { type Certificate, parseCertificate } from '../identity/certificate.ts'
import { decodePrivateKey } from '../identity/key-pair.ts'
import { decodeCertificates } from '../identity/pem.ts'
import { caFilesOf } from './ca-files.ts'
import { type CertificateAuthority, certificateAuthorityOf } from './certificate-authority.ts'
import { caTrustDomain, intermediateProblem, rootProblem } from './issuer-profile.ts'

/**
 * Loads the CA of a directory and checks that its parts belong together and are valid now.
 * The root's key is not read: it may be kept elsewhere.
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function loadCertificateAuthority(
  directory: string,
  clock: Clock = systemClock,
): Promise<CertificateAuthority> {
  const files = caFilesOf(directory)
  const root = parseOnly(await readRoot(files.root, directory), files.root)
  const intermediate = parseOnly(await readText(files.intermediate), files.intermediate)
  const intermediateKey = decodePrivateKey(await readText(files.intermediateKey), files.intermediateKey)

  const trustDomain = caTrustDomain(root)
  if (trustDomain === undefined) throw invalid(files.root, 'the certificate names no trust domain')
  requireNoProblem(rootProblem(root), files.root)
  requireNoProblem(intermediateProblem(intermediate, root), files.intermediate)
  if (!intermediate.x509.checkPrivateKey(intermediateKey)) {
    throw invalid(files.intermediateKey, `the key does not belong to ${files.intermediate}`)
  }
  requireValidNow(root, clock(), files.root)
  requireValidNow(intermediate, clock(), files.intermediate)
  return certificateAuthorityOf({ trustDomain, root, intermediate, intermediateKey }, clock)
}

async function readRoot(file: string, directory: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new AuthError(
      'CONFIGURATION_INVALID',
      `There is no CA in ${directory}: cannot read ${file}: ${messageOf(error)}. "countersign ca init" makes one.`,
    )
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw invalid(file, `cannot be read: ${messageOf(error)}`)
  }
}

function parseOnly(pem: string, file: string): Certificate {
  const [der, ...others] = decodeCertificates(pem, file)
  if (der === undefined || others.length > 0) throw invalid(file, 'one certificate was expected')
  try {
    return parseCertificate(der)
  } catch (error) {
    if (error instanceof DerError) throw invalid(file, `the certificate cannot be read: ${error.message}`)
    throw error
  }
}

function requireNoProblem(problem: string | undefined, file: string): void {
  if (problem !== undefined) throw invalid(file, problem)
}

function requireValidNow({ notBefore, notAfter }: Certificate, now: number, file: string): void {
  if (now > notAfter) throw invalid(file, `the certificate expired at ${new Date(notAfter).toISOString()}`)
  if (now < notBefore) {
    throw invalid(
      file,
      `the certificate is valid from ${new Date(notBefore).toISOString()} only; compare this machine's clock`,
    )
  }
}

function invalid(file: string, problem: string): AuthError {
  return new AuthError('CONFIGURATION_INVALID', `${file}: ${problem}.`)
}
