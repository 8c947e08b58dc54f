import type { Command } from 'commander'
import type { IssuedCertificate } from '../ca/certificate-authority.ts'
import { type CredentialFiles, credentialFilesOf } from '../identity/credential-files.ts'
import { encodePrivateKey, generateKeyPair } from '../identity/key-pair.ts'
import { type CaArguments, loadCa, useCa, withCaKey } from './ca-context.ts'
import { repeatable } from './repeatable.ts'
import { requireOutput } from './require-output.ts'
import { withJson, writeResult } from './result.ts'
import { parseServiceArgument, requireCertifiable } from './service-argument.ts'
import { writeCredential } from './write-credential.ts'

interface IssueArguments extends CaArguments {
  readonly dns: readonly string[]
  readonly out: string
  readonly reserved?: true
}

export function defineCaIssue(issue: Command): void {
  withCaKey(withDnsNames(withJson(issue)))
    .description('make a key for a service and issue a certificate to it')
    .argument('<service>', 'the path of the service, such as orders')
    .option('--reserved', 'for a person who operates the mesh, not for a service: countersign/operator/NAME')
    .requiredOption('--out <directory>', 'where to write the certificate chain, the key and bundle.pem')
    .action(issueCredential)
}

/** Gives a command the option for the host names of a certificate. */
export function withDnsNames(command: Command): Command {
  return command.addOption(
    repeatable(
      '--dns <name>',
      'a host name under which clients reach the service, and then no other; may be repeated',
      'none: the ID decides',
    ),
  )
}

async function issueCredential(service: string, args: IssueArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    const ca = await loadCa(open)
    const path = parseServiceArgument(service, ca.trustDomain)
    requireCertifiable(path, args.reserved === true)
    const files = credentialFilesOf(args.out, path)
    await requireOutput(files, path, open)
    const { privateKey, publicKey } = generateKeyPair()
    const issued = await ca.issue({ path, dnsNames: args.dns, publicKey, requestedBy: open.operator })
    await writeCredential(open, files, { ...issued, privateKey: encodePrivateKey(privateKey) })
    writeIssued(command, 'Issued', issued, files)
  })
}

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
