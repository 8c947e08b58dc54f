import type { Command } from 'commander'
import { servicePathOf } from '../identity/service-id.ts'
import { commandOf, useCa } from './ca-context.ts'
import { knownService } from './known-service.ts'
import { writeResult } from './result.ts'
import { appendChange, type ChangeArguments, heardAt, withChange } from './trust-change.ts'

export function defineBlock(command: Command): void {
  withChange(command)
    .description('refuse a service everywhere, and issue it nothing, until it is unblocked')
    .argument('<service>', 'the path of the service, such as orders')
    .action(block)
}

export function defineUnblock(command: Command): void {
  withChange(command)
    .description('lift the block of a service')
    .argument('<service>', 'the path of the service, such as orders')
    .action(unblock)
}

async function block(service: string, args: ChangeArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    const serviceId = await knownService(service, open)
    const revision = await appendChange({ kind: 'block', id: serviceId, isLifted: false }, args, open)
    const lift = commandOf(`unblock ${servicePathOf(serviceId)}`, args)
    writeResult(command, { serviceId, blocked: true, revision }, [
      `Blocked ${serviceId}: its connections and tokens are refused, and it is issued nothing. ${lift} lifts that.`,
      heardAt(revision),
    ])
  })
}

async function unblock(service: string, args: ChangeArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    const serviceId = await knownService(service, open)
    const revision = await appendChange({ kind: 'block', id: serviceId, isLifted: true }, args, open)
    writeResult(command, { serviceId, blocked: false, revision }, [
      `${serviceId} is not blocked: what it has is good, unless it was revoked.`,
      heardAt(revision),
    ])
  })
}
