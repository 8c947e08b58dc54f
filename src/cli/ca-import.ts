import type { Command } from 'commander'
import { importSignature } from '../ca/directory/change-bundle.ts'
import { importIntermediate } from '../ca/directory/import-intermediate.ts'
import { labelOf } from '../ca/issuers/authorities.ts'
import { loadBounded } from '../core/bounded-file.ts'
import { AuthError } from '../core/errors.ts'
import { loadText } from '../core/text-file.ts'
import { parseCertificates } from '../identity/pem-certificates.ts'
import { type CaArguments, homeOf, nextCommand, useCa, withCaKey } from './ca-context.ts'
import { withJson, writeResult } from './result.ts'

interface ImportArguments extends CaArguments {
  readonly root?: string
}

export function defineCaImport(command: Command): void {
  withCaKey(withJson(command))
    .description('take what a root elsewhere has signed: the certificate of an intermediate, or a bundle statement')
    .argument(
      '<file>',
      'the certificate in PEM, with those between it and the root; or the detached signature of the statement (ECDSA with SHA-256, in DER)',
    )
    .option('--root <file>', 'the certificate of the root, in PEM: the first time, when the CA has no bundle yet')
    .action(importAnswer)
}

/** What a verifier trusts, it trusts whoever is below. */
const OUTSIDE =
  'Verifiers trust this root from now on, and with it every other CA below it: each of them could certify your services.'

const MAX_BYTES = 262_144

async function importAnswer(file: string, args: ImportArguments, command: Command): Promise<void> {
  const bytes = await loadBounded(file, MAX_BYTES)
  if (bytes.length > MAX_BYTES) throw new AuthError('REQUEST_INVALID', `${file}: longer than ${MAX_BYTES} bytes.`)
  const pem = bytes.toString('latin1')
  const [root] = args.root === undefined ? [] : parseCertificates(await loadText(args.root), args.root)
  await useCa(args, async (open) => {
    const home = await homeOf(open)
    if (pem.includes('-----BEGIN CERTIFICATE-----')) {
      const intermediate = await importIntermediate(home, parseCertificates(pem, file), root)
      const { name, state, keyId } = intermediate
      writeResult(command, { imported: 'certificate', name: labelOf(intermediate), state, keyId }, [
        `${labelOf(intermediate)} has its certificate and is ${state}.`,
        ...(state === 'active'
          ? []
          : [`It issues from ${nextCommand(`rotate activate intermediate --name ${name}`, args)} on.`]),
        ...(root === undefined ? [] : [OUTSIDE]),
      ])
    } else {
      const { sequence } = await importSignature(home, bytes)
      writeResult(command, { imported: 'signature', sequence }, [
        `Bundle statement ${sequence} is signed and in force: ${open.files.bundle} is as it says.`,
      ])
    }
  })
}
