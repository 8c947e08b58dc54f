import type { Command } from 'commander'
import { type PublishedCrl, publishCrls } from '../ca/crl/publish-crls.ts'
import { labelOf } from '../ca/issuers/authorities.ts'
import { type CaArguments, homeOf, useCa, withCaKey } from './ca-context.ts'
import { makeDirectory } from './make-directory.ts'
import { withJson, writeResult } from './result.ts'

interface CrlArguments extends CaArguments {
  readonly out: string
}

export function defineCaCrl(crl: Command): void {
  withCaKey(withJson(crl))
    .description('write the next CRL of each root and intermediate, for peers that are not of Countersign')
    .requiredOption('--out <directory>', 'where to write them, one file for each, in PEM')
    .action(writeCrls)
}

async function writeCrls(args: CrlArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    await makeDirectory(args.out)
    const { crls, without } = await publishCrls(await homeOf(open), open.store.crlRegister, args.out)
    const missing = without.map(labelOf)
    writeResult(command, { crls: crls.map(describe), missing }, [
      ...crls.map(({ file, number, entries, nextUpdate }) => {
        const until = new Date(nextUpdate).toISOString()
        return `${file}: number ${number}, ${entries.length} revoked, to be replaced before ${until}.`
      }),
      ...missing.map(
        (label) => `${label}: its key is kept elsewhere, and its CRL is made there. Peers need that one too.`,
      ),
    ])
  })
}

function describe({ issuer, file, number, thisUpdate, nextUpdate, entries }: PublishedCrl) {
  const [from, to] = [thisUpdate, nextUpdate].map((time) => new Date(time).toISOString())
  const serialNumbers = entries.map(({ serialNumber }) => serialNumber)
  return { issuer: labelOf(issuer), file, number, thisUpdate: from, nextUpdate: to, revoked: serialNumbers }
}
