import type { Command } from 'commander'
import type { IssuedCertificate } from '../ca/certificate-authority.ts'
import type { CredentialFiles } from '../identity/credential-files.ts'
import { writeResult } from './result.ts'

/** Tells of a certificate, and of the files in which it now is. */
export function writeIssued(
  command: Command,
  verb: string,
  { serviceId, serialNumber, ...issued }: IssuedCertificate,
  files: Partial<CredentialFiles>,
): void {
  const notBefore = new Date(issued.notBefore).toISOString()
  const notAfter = new Date(issued.notAfter).toISOString()
  writeResult(command, { serviceId, serialNumber, notBefore, notAfter, files }, [
    `${verb} ${serviceId}, valid to ${notAfter}.`,
    ...Object.values(files),
  ])
}
