import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { addIntermediate } from '../ca/directory/add-intermediate.ts'
import { writeFirstBundle } from '../ca/directory/bundle.ts'
import { caFilesOf, keyFileOf } from '../ca/directory/ca-files.ts'
import { copyProfiles } from '../ca/directory/copy-profiles.ts'
import { settle } from '../ca/directory/settle.ts'
import { activeRoot, labelOf } from '../ca/issuers/authorities.ts'
import { parseIntermediateName } from '../ca/issuers/intermediate-name.ts'
import { AuthError } from '../core/errors.ts'
import {
  homeOf,
  keyWarning,
  nextCommand,
  type ProtectionArguments,
  placeOf,
  protectionOf,
  useCa,
  withNewCaKey,
} from './ca-context.ts'
import { makeDirectory } from './make-directory.ts'
import { withJson, writeResult } from './result.ts'

interface IntermediateArguments extends ProtectionArguments {
  readonly out: string
}

export function defineCaIntermediate(intermediate: Command): void {
  withNewCaKey(withJson(intermediate))
    .description(
      'make an intermediate for one more authority process, which issues with it from a directory of its own',
    )
    .argument('<name>', 'what to call it, such as authority-b')
    .requiredOption('--out <directory>', 'where its key, the bundle and the profiles are to lie')
    .action(makeIntermediate)
}

async function makeIntermediate(text: string, args: IntermediateArguments, command: Command): Promise<void> {
  const name = parseIntermediateName(text)
  await useCa(args, async (open) => {
    const protection = await protectionOf(args, open)
    const files = caFilesOf(args.out)
    await makeDirectory(files.directory)
    await requireOther(files.directory, open.files.directory)
    await settle(placeOf(open), async (state, roots) => {
      activeRoot(state)
      await writeFirstBundle(files.directory, roots)
    })
    await copyProfiles(open.files.profiles, files.profiles)
    const added = await addIntermediate(await homeOf(open), name, { directory: files.directory, protection })

    const { intermediate, requestFile } = added
    const key = keyFileOf(files.directory, intermediate)
    const store = resolve(open.storeFile)
    const { bundle: bundleFile, profiles } = files
    const made = { key, request: requestFile, bundle: bundleFile, profiles, store }
    writeResult(command, { name: labelOf(intermediate), state: intermediate.state, files: made }, [
      `Made ${labelOf(intermediate)}, which is ${intermediate.state}.`,
      keyWarning([key], protection),
      ...(requestFile === undefined
        ? []
        : [`${requestFile}: have the root certify it; ${nextCommand('import ANSWER.pem', args)} takes the answer.`]),
      `An authority that issues with it has "ca: ${resolve(args.out)}" and "store: sqlite:${store}" in its configuration.`,
    ])
  })
}

/** An authority issues with the one active intermediate whose key is in its directory. */
async function requireOther(directory: string, caDirectory: string): Promise<void> {
  if ((await realpath(directory)) !== (await realpath(caDirectory))) return
  throw new AuthError(
    'CONFIGURATION_INVALID',
    `${directory} is the CA's own directory, which has an intermediate: each further one needs a directory of its own.`,
  )
}
