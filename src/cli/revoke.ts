import { type Command, Option } from 'commander'
import { chainOf, labelOf } from '../ca/issuers/authorities.ts'
import type { CaState } from '../ca/issuers/ca-state.ts'
import { REVOCATION_REASONS, type Revocation, type RevocationReason } from '../ca/revocation.ts'
import { counted } from '../core/counted.ts'
import { AuthError } from '../core/errors.ts'
import { type ServiceId, serviceIdOf } from '../identity/service-id.ts'
import { type CaArguments, type OpenCa, stateOf, useCa, withCa } from './ca-context.ts'
import { withJson, writeResult } from './result.ts'
import { parseServiceArgument } from './service-argument.ts'

interface RevokeArguments extends CaArguments {
  readonly reason: RevocationReason
}

/** Adds to `revoke` the commands that end trust before its time. */
export function defineRevoke(revoke: Command): void {
  revoke.description('revoke what was issued, for good')
  withReason(withCa(withJson(revoke.command('certificate'))))
    .description('revoke one certificate')
    .argument('<serial>', 'its serial number in hex, as "countersign ca list" shows it')
    .action(revokeCertificate)
  withReason(withCa(withJson(revoke.command('service'))))
    .description('revoke all that a service was issued up to now')
    .argument('<service>', 'the path of the service, such as orders')
    .action(revokeService)
}

/** What a record does not do by itself, in this version. */
export const UNHEARD =
  "Countersign's own services and authorities do not hear of it yet: there a certificate is good until it expires."

/** All but the one that is for CAs. */
const REASONS = Object.keys(REVOCATION_REASONS).filter((reason) => reason !== 'cACompromise')

function withReason(command: Command): Command {
  return command.addOption(
    new Option('--reason <reason>', 'why (RFC 5280 section 5.3.1)').choices(REASONS).default('unspecified'),
  )
}

async function revokeCertificate(serial: string, args: RevokeArguments, command: Command): Promise<void> {
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
    const { serviceId, revocation } = revoked.certificate
    const revokedAt = new Date(revocation.revokedAt).toISOString()
    const isNew = revocation.revokedAt === asked.revokedAt && revocation.revokedBy === asked.revokedBy
    writeResult(command, { serialNumber, serviceId, revocation: { ...revocation, revokedAt } }, [
      isNew
        ? `Revoked ${serialNumber} of ${serviceId}: ${revocation.reason}.`
        : `${serialNumber} of ${serviceId} was revoked at ${revokedAt} already: ${revocation.reason}.`,
      UNHEARD,
    ])
  })
}

async function revokeService(service: string, args: RevokeArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    const { trustDomain } = await stateOf(open)
    const serviceId = serviceIdOf(trustDomain, parseServiceArgument(service, trustDomain))
    await requireKnown(open, serviceId)
    const revocation = revocationOf(args, open)
    const revoked = await open.store.revocations.revokeService(serviceId, revocation)
    const serialNumbers = revoked.certificates.map(({ serialNumber }) => serialNumber)
    const revokedAt = new Date(revocation.revokedAt).toISOString()
    writeResult(command, { serviceId, serialNumbers, revocation: { ...revocation, revokedAt } }, [
      `Revoked what ${serviceId} was issued up to ${revokedAt}: ${counted(serialNumbers.length, 'certificate')}.`,
      ...serialNumbers,
      UNHEARD,
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

/** A service that is spelled wrongly would look revoked. */
async function requireKnown({ store }: OpenCa, serviceId: ServiceId): Promise<void> {
  if ((await store.inventory.list({ serviceId, validAt: 0 })).length > 0) return
  throw new AuthError('REQUEST_INVALID', `${serviceId} was never issued anything: "countersign ca list" shows who was.`)
}

function revocationOf({ reason }: RevokeArguments, { clock, operator }: OpenCa): Revocation {
  return { reason, revokedAt: clock(), revokedBy: operator }
}

/** As openssl prints it, or as we do. */
function parseSerialNumber(text: string): string {
  const serialNumber = text.replaceAll(':', '').toLowerCase()
  if (/^[0-9a-f]{1,40}$/.test(serialNumber)) return serialNumber
  throw new AuthError(
    'REQUEST_INVALID',
    'A serial number is written in hex: up to 40 digits, colons between them or none.',
  )
}
