import type { Command } from 'commander'
import { caFilesOf } from '../ca/ca-files.ts'
import { initCertificateAuthority } from '../ca/init.ts'
import { parseTrustDomain } from '../identity/service-id.ts'
import { withJson, writeResult } from './result.ts'

interface InitArguments {
  readonly trustDomain: string
  readonly dir: string
  readonly dangerouslyUnencrypted?: true
}

export function defineCaInit(init: Command): void {
  withJson(init)
    .description('make a CA: a root and an intermediate, each with its key')
    .requiredOption('--trust-domain <name>', 'the name of the trust domain, such as shop.internal')
    .option('--dir <directory>', 'where the CA is to lie', './pki')
    .option('--dangerously-unencrypted', 'write the keys as they are')
    .action(initCa)
}

async function initCa(args: InitArguments, command: Command): Promise<void> {
  const { trustDomain } = await initCertificateAuthority({
    directory: args.dir,
    trustDomain: parseTrustDomain(args.trustDomain),
    dangerouslyUnencrypted: args.dangerouslyUnencrypted === true,
  })
  const files = caFilesOf(args.dir)
  writeResult(command, { trustDomain, files }, [
    `Made the CA of ${trustDomain} in ${args.dir}.`,
    `${files.rootKey} and ${files.intermediateKey} are not encrypted: whoever reads one can be any service.`,
  ])
}
