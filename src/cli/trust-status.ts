import type { Command } from 'commander'
import { parseServicePath } from '../identity/service-id.ts'
import { authorityStatus } from './authority-status.ts'
import { type OperatorArguments, openOperatorChannel, withOperator } from './operator-channel.ts'
import { withJson, writeResult } from './result.ts'
import { serviceStatus } from './service-status.ts'

export function defineTrustStatus(command: Command): void {
  withOperator(withJson(command))
    .description('show what an authority publishes and to whom, or what a service knows of it')
    .argument('[service]', 'the path of a service, such as orders (default: the authority)')
    .requiredOption('--address <host:port>', 'where that process answers')
    .action(showStatus)
}

type Arguments = OperatorArguments & { readonly address: string }

async function showStatus(service: string | undefined, args: Arguments, command: Command): Promise<void> {
  const path = service === undefined ? undefined : parseServicePath(service)
  const channel = await openOperatorChannel(path, args)
  try {
    const { result, lines } = await (path === undefined ? authorityStatus(channel) : serviceStatus(channel, path))
    writeResult(command, result, lines)
  } finally {
    channel.close()
  }
}
