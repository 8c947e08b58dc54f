import { basename } from 'node:path'
import type { Command } from 'commander'
import { addIntermediate } from '../ca/directory/add-intermediate.ts'
import { keyFileOf } from '../ca/directory/ca-files.ts'
import { hasKey } from '../ca/directory/key-files.ts'
import { changeState } from '../ca/directory/settle.ts'
import { INTERMEDIATE_NAME, intermediatesOf, labelOf } from '../ca/issuers/authorities.ts'
import { parseIntermediateName } from '../ca/issuers/intermediate-name.ts'
import { activateIntermediate, retireIntermediate } from '../ca/issuers/rotate-intermediate.ts'
import { AuthError } from '../core/errors.ts'
import {
  type CaArguments,
  homeOf,
  keyWarning,
  nextCommand,
  type ProtectionArguments,
  placeOf,
  protectionOf,
  stateOf,
  useCa,
  withCa,
  withNewCaKey,
} from './ca-context.ts'
import { withJson, writeResult } from './result.ts'

interface StepArguments extends CaArguments {
  readonly name: string
}

interface PrepareArguments extends ProtectionArguments, StepArguments {
  readonly out?: string
}

export function definePrepareIntermediate(command: Command): void {
  withName(withNewCaKey(withJson(command)))
    .description('make the next intermediate, or the request for it where the key of the root is kept elsewhere')
    .option('--out <directory>', "where its key is to lie (default: the CA's directory)")
    .action(prepare)
}

export function defineActivateIntermediate(command: Command): void {
  withName(withCa(withJson(command)))
    .description(
      'issue with the intermediate that was prepared; services present it, so that verifiers need nothing new',
    )
    .action(activate)
}

export function defineRetireIntermediate(command: Command): void {
  withName(withCa(withJson(command)))
    .description(
      'end the former intermediate, once all that it issued has expired or is revoked, and set its key aside',
    )
    .action(retire)
}

function withName(command: Command): Command {
  return command.option('--name <name>', 'which of those that serve side by side', INTERMEDIATE_NAME)
}

async function prepare(args: PrepareArguments, command: Command): Promise<void> {
  const name = parseIntermediateName(args.name)
  await useCa(args, async (open) => {
    const protection = await protectionOf(args, open)
    const place = { directory: requireOut(name, args.out) ?? open.files.directory, protection }
    const { intermediate, requestFile } = await addIntermediate(await homeOf(open), name, place)
    const { state, keyId } = intermediate
    writeResult(command, { name: labelOf(intermediate), state, keyId, request: requestFile }, [
      `${labelOf(intermediate)} is ${state}. Nothing that was issued changes.`,
      keyWarning([keyFileOf(place.directory, intermediate)], protection),
      requestFile === undefined
        ? `Next, whenever you like: ${nextStep('activate', name, args)}.`
        : `Next: have the root certify ${requestFile}, then ${nextCommand('import ANSWER.pem', args)}.`,
    ])
  })
}

function nextStep(step: 'activate' | 'retire', name: string, args: StepArguments): string {
  const named = name === INTERMEDIATE_NAME ? '' : ` --name ${name}`
  return nextCommand(`rotate ${step} intermediate${named}`, args)
}

/** The key of one that serves in a directory of its own has to come there. */
function requireOut(name: string, out: string | undefined): string | undefined {
  if (out !== undefined || name === INTERMEDIATE_NAME) return out
  throw new AuthError(
    'REQUEST_INVALID',
    `"${name}" issues from a directory of its own: name it with --out, so that its next key comes there.`,
  )
}

async function activate(args: StepArguments, command: Command): Promise<void> {
  const name = parseIntermediateName(args.name)
  await useCa(args, async (open) => {
    const now = open.clock()
    await stateOf(open)
    const state = await changeState(placeOf(open), (current) => activateIntermediate(current, name, now))
    const labels = (...states: Parameters<typeof intermediatesOf>[1]) =>
      intermediatesOf(state, states, name).map(labelOf)
    const [active] = labels('active')
    writeResult(command, { active, retiring: labels('retiring') }, [
      `${active} issues from now on. What ${labels('retiring').join(', ') || 'nobody'} has issued stays good.`,
      'An authority that runs takes it up when it next renews its own certificate, or is restarted.',
      `Next, when all of that has expired or is revoked: ${nextStep('retire', name, args)}.`,
    ])
  })
}

async function retire(args: StepArguments, command: Command): Promise<void> {
  const name = parseIntermediateName(args.name)
  await useCa(args, async (open) => {
    const now = open.clock()
    const retiring = intermediatesOf(await stateOf(open), ['retiring'], name)
    const { directory } = open.files
    const keys = await Promise.all(
      retiring.map(async (one) => ({ file: keyFileOf(directory, one), isHere: await hasKey(directory, one) })),
    )
    await changeState(placeOf(open), (current, usage) => retireIntermediate(current, name, usage, now))
    const retired = retiring.map(labelOf)
    writeResult(command, { retired }, [
      `${retired.join(', ')} is retired: nothing that it issued is valid any more.`,
      ...keys.map(({ file, isHere }) =>
        isHere
          ? `${file} is set aside as ${basename(file)}.retired: nothing needs it.`
          : `Its key is not in ${directory}: remove ${basename(file)} where it lies.`,
      ),
    ])
  })
}
