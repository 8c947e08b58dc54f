import type { Command } from 'commander'
import { prepareNewRoot, prepareOutsideRoot, retireFormerRoot } from '../ca/directory/change-bundle.ts'
import { changeState } from '../ca/directory/settle.ts'
import { activeRoot, chainOf, labelOf, rootsOf } from '../ca/issuers/authorities.ts'
import { requireRoot } from '../ca/issuers/issuer-profile.ts'
import { activateRoot } from '../ca/issuers/rotate-root.ts'
import { loadText } from '../core/text-file.ts'
import { canState } from '../identity/bundle-statement.ts'
import { parseCertificates } from '../identity/pem-certificates.ts'
import {
  type CaArguments,
  homeOf,
  nextCommand,
  type ProtectionArguments,
  placeOf,
  protectionOf,
  stateOf,
  useCa,
  withCa,
  withCaKey,
  withNewCaKey,
} from './ca-context.ts'
import { withJson, writeResult } from './result.ts'
import { writeBundleChange } from './write-bundle-change.ts'

interface PrepareArguments extends ProtectionArguments {
  readonly certificate?: string
}

interface ActivateArguments extends CaArguments {
  readonly verifiersUpdated?: true
}

export function definePrepareRoot(command: Command): void {
  withNewCaKey(withJson(command))
    .description(
      'make the next root, or take one that is kept elsewhere, and put it into the bundle beside the present one',
    )
    .option('--certificate <file>', 'the certificate of a root whose key is kept elsewhere, in PEM')
    .action(prepare)
}

export function defineActivateRoot(command: Command): void {
  withCa(withJson(command))
    .description('have intermediates certified by the root that was prepared')
    .option('--verifiers-updated', 'every verifier holds the new bundle: otherwise waits until the records show it')
    .action(activate)
}

export function defineRetireRoot(command: Command): void {
  withCaKey(withJson(command))
    .description(
      'take the former root out of the bundle, once no intermediate below it is in use, and set its key aside',
    )
    .action(retire)
}

async function prepare(args: PrepareArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    const { directory, bundle } = open.files
    const home = await homeOf(open)
    const change =
      args.certificate === undefined
        ? await prepareNewRoot(home, { directory, protection: await protectionOf(args, open) })
        : await prepareOutsideRoot(
            home,
            requireRoot(await loadRoot(args.certificate), (await stateOf(open)).trustDomain),
          )
    const [root] = rootsOf(change.state, 'prepared', 'requested').map(labelOf)
    const isStated = canState(chainOf(activeRoot(change.state))[0])
    writeBundleChange(command, args, change, { prepared: root }, [
      `${root} is in ${bundle} beside the present root${isStated ? ', which vouches for it' : ''}. Nothing that was issued changes.`,
      ...(isStated
        ? []
        : ['The present root signs certificates only: nobody vouches for the next one but who brings the bundle.']),
      `Next: see that every verifier has ${bundle}. Each certificate that is issued from now on comes with it.`,
      `Then: ${nextCommand('rotate activate root', args)}, ${
        isStated ? 'which looks at the records, or takes your word: --verifiers-updated.' : 'with --verifiers-updated.'
      }`,
    ])
  })
}

async function activate(args: ActivateArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    const now = open.clock()
    await stateOf(open)
    const isTold = args.verifiersUpdated === true
    const state = await changeState(placeOf(open), (current, usage) => activateRoot(current, isTold, usage, now))
    const [active] = rootsOf(state, 'active').map(labelOf)
    const [retiring] = rootsOf(state, 'retiring').map(labelOf)
    writeResult(command, { active, retiring }, [
      `${active} certifies intermediates from now on. What is below ${retiring} stays good.`,
      `Next: rotate the intermediates: ${nextCommand('rotate prepare intermediate', args)}, activate, and retire when it lets you.`,
      `Then: ${nextCommand('rotate retire root', args)}.`,
    ])
  })
}

async function retire(args: CaArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    const retiring = rootsOf(await stateOf(open), 'retiring')
    const change = await retireFormerRoot(await homeOf(open))
    const retired = rootsOf(change.state, 'retired').filter(({ keyId }) => retiring.some((one) => one.keyId === keyId))
    writeBundleChange(command, args, change, { retired: retired.map(labelOf) }, [
      `${retired.map(labelOf).join(', ')} is out of ${open.files.bundle}. Where its key lies here, it is set aside as .key.retired: nothing needs it.`,
      'Verifiers that still hold it lose nothing; each that is given the new bundle forgets it.',
    ])
  })
}

async function loadRoot(file: string) {
  const [root] = parseCertificates(await loadText(file), file)
  return root
}
