import { type Command, Option } from 'commander'
import { REVOCATION_REASONS, type Revocation, type RevocationReason } from '../ca/revocation.ts'
import type { CaArguments, OpenCa } from './ca-context.ts'

export interface CertificateRevocationArguments extends CaArguments {
  readonly reason: RevocationReason
}

/** All but the one that is for CAs. */
const REASONS = Object.keys(REVOCATION_REASONS).filter((reason) => reason !== 'cACompromise')

/** Certificates are revoked for one of the reasons that CRLs know. */
export function withCertificateReason(command: Command): Command {
  return command.addOption(
    new Option('--reason <reason>', 'why (RFC 5280 section 5.3.1)').choices(REASONS).default('unspecified'),
  )
}

export function revocationOf({ reason }: CertificateRevocationArguments, { clock, operator }: OpenCa): Revocation {
  return { reason, revokedAt: clock(), revokedBy: operator }
}
