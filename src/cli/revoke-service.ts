import type { Command } from 'commander'
import { counted } from '../core/counted.ts'
import { useCa, withCa } from './ca-context.ts'
import { type CertificateRevocationArguments, revocationOf, withCertificateReason } from './certificate-reason.ts'
import { knownService } from './known-service.ts'
import { withJson, writeResult } from './result.ts'
import { ROOM_FOR_SKEW, stillOpen } from './still-open.ts'
import { heardAt } from './trust-change.ts'

export function defineRevokeService(command: Command): void {
  withCertificateReason(withCa(withJson(command)))
    .description('revoke all that a service was issued up to now: certificates and tokens')
    .argument('<service>', 'the path of the service, such as orders')
    .action(revokeService)
}

async function revokeService(service: string, args: CertificateRevocationArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    const serviceId = await knownService(service, open)
    const revocation = revocationOf(args, open)
    const { certificates, revision } = await open.store.revocations.revokeService(serviceId, revocation)
    const serialNumbers = certificates.map(({ serialNumber }) => serialNumber)
    const revokedAt = new Date(revocation.revokedAt).toISOString()
    writeResult(command, { serviceId, serialNumbers, revocation: { ...revocation, revokedAt }, revision }, [
      `Revoked what ${serviceId} was issued up to ${revokedAt}: its tokens, and ${counted(serialNumbers.length, 'certificate')}.`,
      ...serialNumbers,
      heardAt(revision),
      ROOM_FOR_SKEW,
      stillOpen(serviceId, args),
    ])
  })
}
