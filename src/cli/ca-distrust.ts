import type { Command } from 'commander'
import { certificateStateOf } from '../ca/certificate-state.ts'
import { abandonPreparedRoot } from '../ca/directory/change-bundle.ts'
import { labelOf } from '../ca/issuers/authorities.ts'
import type { AuthorityRecord } from '../ca/issuers/ca-state.ts'
import { distrust, findDistrustable } from '../ca/issuers/distrust.ts'
import { counted } from '../core/counted.ts'
import { servicePathOf } from '../identity/service-id.ts'
import { type CaArguments, homeOf, nextCommand, type OpenCa, stateOf, useCa, withCaKey } from './ca-context.ts'
import { withJson, writeResult } from './result.ts'
import { heardAt } from './trust-change.ts'
import { writeBundleChange } from './write-bundle-change.ts'

interface DistrustArguments extends CaArguments {
  readonly yes?: true
}

export function defineCaDistrust(command: Command): void {
  withCaKey(withJson(command))
    .description(
      'the emergency: revoke an intermediate, and with it all that it has issued. Without --yes, tell what would fail',
    )
    .argument('<intermediate>', 'as "countersign ca list" shows it; a root that is not active yet is given up so too')
    .option('--yes', 'do it')
    .action(distrustIntermediate)
}

async function distrustIntermediate(label: string, args: DistrustArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    const now = open.clock()
    const state = await stateOf(open)
    const authority = findDistrustable(state, label)
    if (authority.kind === 'root') return abandon(open, authority, args, command)
    const certificates = await open.store.inventory.list({ serviceId: undefined, validAt: now })
    const failing = certificates.filter(
      (certificate) =>
        certificate.issuerKeyId === authority.keyId &&
        certificateStateOf(certificate, state.authorities, now) !== 'revoked',
    )
    if (args.yes) await open.store.ledger.update((current) => distrust(current, label, now), now)

    const services = [...new Set(failing.map(({ serviceId }) => servicePathOf(serviceId)))]
    const name = labelOf(authority)
    const result = { name, distrusted: args.yes === true, certificates: failing.length, services }
    const failed = `${counted(failing.length, 'valid certificate')} of ${counted(services.length, 'service')}`
    writeResult(command, result, [
      args.yes ? `${name} is distrusted, and with it ${failed}:` : `With ${name} would fail ${failed}:`,
      ...services.map((service) => `  ${service}`),
      ...(args.yes ? nextSteps(authority.state, args) : ['Nothing is changed yet. To go on, write --yes.']),
    ])
  })
}

/** A root that is not active yet has nothing below it: giving it up makes nothing fail. */
async function abandon(open: OpenCa, root: AuthorityRecord, args: DistrustArguments, command: Command): Promise<void> {
  const name = labelOf(root)
  const result = { name, certificates: 0, services: [] }
  if (args.yes !== true) {
    const lines = [`With ${name} would fail nothing. Nothing is changed yet. To go on, write --yes.`]
    return writeResult(command, { ...result, distrusted: false }, lines)
  }
  const change = await abandonPreparedRoot(await homeOf(open), root)
  const isDone = change.statementFile === undefined
  writeBundleChange(command, args, change, { ...result, distrusted: isDone }, [
    `${name} is given up, and in the bundle no more.`,
  ])
}

function nextSteps(former: string, args: CaArguments): readonly string[] {
  const replace =
    former === 'active'
      ? [`Next: ${nextCommand('rotate prepare intermediate', args)}, then activate, then issue to these services anew.`]
      : []
  const crl = `For peers that read CRLs: ${nextCommand('crl', args)}, with the key of the root.`
  return [...replace, heardAt(undefined), crl]
}
