import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Command } from 'commander'
import { loadBounded } from '../core/bounded-file.ts'
import { AuthError } from '../core/errors.ts'
import { fileExists, loadText } from '../core/text-file.ts'
import { verifyCertificateRequest } from '../identity/certificate-request.ts'
import { decodeCertificateRequest, MAX_REQUEST_FILE_BYTES } from '../identity/certificate-request-file.ts'
import type { CredentialFiles } from '../identity/credential-files.ts'
import { decodePrivateKey } from '../identity/key-pair.ts'
import { useCa, withCaKey } from './ca-context.ts'
import { type OrderArguments, parseOrder, withOrder } from './certificate-order.ts'
import { withJson } from './result.ts'
import { writeCredential } from './write-credential.ts'
import { writeIssued } from './write-issued.ts'

interface SignArguments extends OrderArguments {
  readonly csr: string
}

export function defineCaSign(sign: Command): void {
  withCaKey(withOrder(withJson(sign)))
    .description('issue a certificate to a service that keeps its key: only the key is taken from its request')
    .requiredOption('--csr <file>', 'the certificate request (PKCS#10) of a key on P-256, in PEM or DER')
    .requiredOption('--out <directory>', 'where to write the certificate chain and bundle.pem')
    .action(signRequest)
}

async function signRequest(service: string, args: SignArguments, command: Command): Promise<void> {
  const contents = await loadBounded(args.csr, MAX_REQUEST_FILE_BYTES)
  const { publicKey } = verifyCertificateRequest(decodeCertificateRequest(contents, args.csr))
  await useCa(args, async (open) => {
    const { ca, path, files } = await parseOrder(service, args, open)
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
