import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Command } from 'commander'
import { loadBounded } from '../core/bounded-file.ts'
import { AuthError } from '../core/errors.ts'
import { fileExists, loadText } from '../core/text-file.ts'
import { verifyCertificateRequest } from '../identity/certificate-request.ts'
import { decodeCertificateRequest, MAX_REQUEST_FILE_BYTES } from '../identity/certificate-request-file.ts'
import { type CredentialFiles, credentialFilesOf } from '../identity/credential-files.ts'
import { decodePrivateKey } from '../identity/key-pair.ts'
import { type CaArguments, loadCa, useCa, withCaKey } from './ca-context.ts'
import { withDnsNames, writeIssued } from './ca-issue.ts'
import { requireOutput } from './require-output.ts'
import { withJson } from './result.ts'
import { parseServiceArgument, requireCertifiable } from './service-argument.ts'
import { writeCredential } from './write-credential.ts'

interface SignArguments extends CaArguments {
  readonly csr: string
  readonly dns: readonly string[]
  readonly out: string
  readonly reserved?: true
}

export function defineCaSign(sign: Command): void {
  withCaKey(withDnsNames(withJson(sign)))
    .description('issue a certificate to a service that keeps its key: only the key is taken from its request')
    .argument('<service>', 'the path of the service, such as orders')
    .requiredOption('--csr <file>', 'the certificate request (PKCS#10) of a key on P-256, in PEM or DER')
    .option('--reserved', 'for a person who operates the mesh, not for a service: countersign/operator/NAME')
    .requiredOption('--out <directory>', 'where to write the certificate chain and bundle.pem')
    .action(signRequest)
}

async function signRequest(service: string, args: SignArguments, command: Command): Promise<void> {
  const contents = await loadBounded(args.csr, MAX_REQUEST_FILE_BYTES)
  const { publicKey } = verifyCertificateRequest(decodeCertificateRequest(contents, args.csr))
  await useCa(args, async (open) => {
    const ca = await loadCa(open)
    const path = parseServiceArgument(service, ca.trustDomain)
    requireCertifiable(path, args.reserved === true)
    const files = credentialFilesOf(args.out, path)
    await requireOutput(files, path, open)
    await requireNoOtherKey(files, publicKey)
    const issued = await ca.issue({ path, dnsNames: args.dns, publicKey, requestedBy: open.operator })
    await writeCredential(open, files, issued)
    const { certificateChain, bundle } = files
    writeIssued(command, 'Issued', issued, { certificateChain, bundle })
  })
}

/** The chain would come to lie beside a key that is not its own. */
async function requireNoOtherKey({ privateKey }: CredentialFiles, publicKey: KeyObject): Promise<void> {
  if (!(await fileExists(privateKey))) return
  if (createPublicKey(decodePrivateKey(await loadText(privateKey), privateKey)).equals(publicKey)) return
  throw new AuthError(
    'REQUEST_INVALID',
    `${privateKey} is another key than that of the request: write elsewhere, or move it away.`,
  )
}
