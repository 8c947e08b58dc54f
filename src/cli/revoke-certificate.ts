import type { Command } from 'commander'
import { parseSerialNumber } from '../authority/revocation/serial-number.ts'
import { chainOf, labelOf } from '../ca/issuers/authorities.ts'
import type { CaState } from '../ca/issuers/ca-state.ts'
import { AuthError } from '../core/errors.ts'
import { stateOf, useCa, withCa } from './ca-context.ts'
import { type CertificateRevocationArguments, revocationOf, withCertificateReason } from './certificate-reason.ts'
import { withJson, writeResult } from './result.ts'
import { heardAt } from './trust-change.ts'

export function defineRevokeCertificate(command: Command): void {
  withCertificateReason(withCa(withJson(command)))
    .description('revoke one certificate')
    .argument('<serial>', 'its serial number in hex, as "countersign ca list" shows it')
    .action(revokeCertificate)
}

async function revokeCertificate(
  serial: string,
  args: CertificateRevocationArguments,
  command: Command,
): Promise<void> {
  const serialNumber = parseSerialNumber(serial)
  await useCa(args, async (open) => {
    requireNoAuthority(await stateOf(open), serialNumber)
    const asked = revocationOf(args, open)
    const revoked = await open.store.revocations.revokeCertificate(serialNumber, asked)
    if (revoked?.certificate.revocation === undefined) {
      throw new AuthError(
        'REQUEST_INVALID',
        `No certificate has the serial number ${serialNumber}: "countersign ca list" shows what there is.`,
      )
    }
    const { revision } = revoked
    const { serviceId, revocation } = revoked.certificate
    const revokedAt = new Date(revocation.revokedAt).toISOString()
    const isNew = revocation.revokedAt === asked.revokedAt && revocation.revokedBy === asked.revokedBy
    writeResult(command, { serialNumber, serviceId, revocation: { ...revocation, revokedAt }, revision }, [
      isNew
        ? `Revoked ${serialNumber} of ${serviceId}: ${revocation.reason}.`
        : `${serialNumber} of ${serviceId} was revoked at ${revokedAt} already: ${revocation.reason}.`,
      heardAt(revision),
    ])
  })
}

function requireNoAuthority({ authorities }: CaState, serialNumber: string): void {
  const found = authorities.find(
    (one) => one.certificateChain !== undefined && chainOf(one)[0].serialNumber === serialNumber,
  )
  if (found === undefined) return
  throw new AuthError(
    'REQUEST_INVALID',
    `That is ${labelOf(found)} itself: "countersign ca distrust" is for intermediates.`,
  )
}
