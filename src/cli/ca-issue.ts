import type { Command } from 'commander'
import { loadCertificateAuthority } from '../ca/load.ts'
import { AuthError } from '../core/errors.ts'
import { credentialFilesOf } from '../identity/credential-files.ts'
import { encodePrivateKey, generateKeyPair } from '../identity/key-pair.ts'
import { isReservedPath, parseServicePath, type ServicePath } from '../identity/service-id.ts'
import { repeatable } from './repeatable.ts'
import { withJson, writeResult } from './result.ts'
import { writeCredential } from './write-credential.ts'

interface IssueArguments {
  readonly dns: readonly string[]
  readonly dir: string
  readonly out: string
}

export function defineCaIssue(issue: Command): void {
  withJson(issue)
    .description('make a key for a service and issue a certificate to it, valid for 24 hours')
    .argument('<service>', 'the path of the service, such as orders')
    .addOption(
      repeatable(
        '--dns <name>',
        'a host name under which clients reach the service, and then no other; may be repeated',
        'none: the ID decides',
      ),
    )
    .option('--dir <directory>', 'where the CA lies', './pki')
    .requiredOption('--out <directory>', 'where to write the certificate chain, the key and bundle.pem')
    .action(issueCredential)
}

async function issueCredential(service: string, args: IssueArguments, command: Command): Promise<void> {
  const path = parseUnreservedPath(service)
  const files = credentialFilesOf(args.out, path)
  const ca = await loadCertificateAuthority(args.dir)
  const { privateKey, publicKey } = generateKeyPair()
  const issued = ca.issue({ path, dnsNames: args.dns, publicKey })
  const { certificateChain } = issued
  await writeCredential(
    files,
    { certificateChain, privateKey: encodePrivateKey(privateKey), bundle: ca.bundle },
    { awayFrom: args.dir },
  )

  const { serviceId, serialNumber } = issued
  const notBefore = new Date(issued.notBefore).toISOString()
  const notAfter = new Date(issued.notAfter).toISOString()
  writeResult(command, { serviceId, serialNumber, notBefore, notAfter, files }, [
    `Issued ${serviceId}, valid to ${notAfter}.`,
    files.certificateChain,
    files.privateKey,
    files.bundle,
  ])
}

function parseUnreservedPath(text: string): ServicePath {
  const path = parseServicePath(text)
  if (isReservedPath(path)) {
    throw new AuthError('REQUEST_INVALID', `"${path}" is reserved for Countersign itself: call the service otherwise.`)
  }
  return path
}
