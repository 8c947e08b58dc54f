import type { Command } from 'commander'
import { encodePrivateKey, generateKeyPair } from '../identity/key-pair.ts'
import { useCa, withCaKey } from './ca-context.ts'
import { type OrderArguments, parseOrder, withOrder } from './certificate-order.ts'
import { withJson } from './result.ts'
import { writeCredential } from './write-credential.ts'
import { writeIssued } from './write-issued.ts'

export function defineCaIssue(issue: Command): void {
  withCaKey(withOrder(withJson(issue)))
    .description('make a key for a service and issue a certificate to it')
    .requiredOption('--out <directory>', 'where to write the certificate chain, the key and bundle.pem')
    .action(issueCredential)
}

async function issueCredential(service: string, args: OrderArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    const { ca, path, files } = await parseOrder(service, args, open)
    const { privateKey, publicKey } = generateKeyPair()
    const issued = await ca.issue({ path, dnsNames: args.dns, publicKey, requestedBy: open.operator })
    await writeCredential(open, files, { ...issued, privateKey: encodePrivateKey(privateKey) })
    writeIssued(command, 'Issued', issued, files)
  })
}
