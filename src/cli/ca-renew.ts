import type { Command } from 'commander'
import { requireRenewable } from '../ca/renewal.ts'
import { AuthError } from '../core/errors.ts'
import { fileExists, loadText } from '../core/text-file.ts'
import { type CredentialFiles, credentialFilesOf } from '../identity/credential-files.ts'
import { encodePrivateKey, generateKeyPair } from '../identity/key-pair.ts'
import { parseCertificates } from '../identity/pem-certificates.ts'
import { isReservedPath, serviceIdOf } from '../identity/service-id.ts'
import { type CaArguments, loadCa, stateOf, useCa, withCaKey } from './ca-context.ts'
import { requireOutput } from './require-output.ts'
import { withJson } from './result.ts'
import { parseServiceArgument, requireCertifiable } from './service-argument.ts'
import { writeCredential } from './write-credential.ts'
import { writeIssued } from './write-issued.ts'

interface RenewArguments extends CaArguments {
  readonly out: string
}

export function defineCaRenew(renew: Command): void {
  withCaKey(withJson(renew))
    .description("replace a service's certificate by one with another key and the same names")
    .argument('<service>', 'the path of the service, such as orders')
    .requiredOption('--out <directory>', 'where its certificate is, and where to write the new one')
    .action(renewCredential)
}

async function renewCredential(service: string, args: RenewArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    const ca = await loadCa(open)
    const path = parseServiceArgument(service, ca.trustDomain)
    requireCertifiable(path, isReservedPath(path))
    const files = credentialFilesOf(args.out, path)
    const [current] = parseCertificates(await loadText(files.certificateChain), files.certificateChain)
    const recorded = await open.store.inventory.find(current.serialNumber)
    requireRenewable(current, recorded, serviceIdOf(ca.trustDomain, path), await stateOf(open), open.clock())

    await requireOutput(files, path)
    await requireKeyHere(files)
    const { dnsNames, serialNumber } = recorded
    const { privateKey, publicKey } = generateKeyPair()
    const requestedBy = open.operator
    const issued = await ca.issue({ path, dnsNames, publicKey, requestedBy, renews: serialNumber })
    await writeCredential(open, files, { ...issued, privateKey: encodePrivateKey(privateKey) })
    writeIssued(command, 'Renewed', issued, files)
  })
}

/** A service that keeps its key elsewhere would be left with a certificate of another. */
async function requireKeyHere({ privateKey }: CredentialFiles): Promise<void> {
  if (await fileExists(privateKey)) return
  throw new AuthError(
    'REQUEST_INVALID',
    `${privateKey} is not there: a service that keeps its key elsewhere sends a new request, which "countersign ca sign" takes.`,
  )
}
