import type { Command } from 'commander'
import type { CertificateAuthority } from '../ca/certificate-authority.ts'
import { type CredentialFiles, credentialFilesOf } from '../identity/credential-files.ts'
import type { ServicePath } from '../identity/service-id.ts'
import { type CaArguments, loadCa, type OpenCa } from './ca-context.ts'
import { repeatable } from './repeatable.ts'
import { requireOutput } from './require-output.ts'
import { parseServiceArgument, requireCertifiable } from './service-argument.ts'

/** What a service's first certificate is asked for with, whoever makes the key. */
export interface OrderArguments extends CaArguments {
  readonly dns: readonly string[]
  readonly out: string
  readonly reserved?: true
}

export interface CertificateOrder {
  readonly ca: CertificateAuthority
  readonly path: ServicePath
  readonly files: CredentialFiles
}

/** Gives a command the argument and the options of an order, but for `--out`. */
export function withOrder(command: Command): Command {
  return command
    .argument('<service>', 'the path of the service, such as orders')
    .addOption(
      repeatable(
        '--dns <name>',
        'a host name under which clients reach the service, and then no other; may be repeated',
        'none: the ID decides',
      ),
    )
    .option('--reserved', 'for a person who operates the mesh, not for a service: countersign/operator/NAME')
}

/**
 * Requires that an order is for a service that is certified on demand, and that its files can be written.
 * @throws AuthError REQUEST_INVALID, CONFIGURATION_INVALID
 */
export async function parseOrder(service: string, args: OrderArguments, open: OpenCa): Promise<CertificateOrder> {
  const ca = await loadCa(open)
  const path = parseServiceArgument(service, ca.trustDomain)
  requireCertifiable(path, args.reserved === true)
  const files = credentialFilesOf(args.out, path)
  await requireOutput(files, path)
  return { ca, path, files }
}
