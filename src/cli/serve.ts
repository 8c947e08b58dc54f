import type { Command } from 'commander'
import { createLogger } from '../core/logger.ts'

export function defineServe(command: Command): void {
  command
    .description('run the authority until SIGTERM or SIGINT; its log goes to standard output as JSON lines')
    .requiredOption('--config <file>', 'the configuration, countersign.yaml')
    .option('--json', 'write errors as JSON too')
    .action(runAuthority)
}

/** The first signal drains, the second ends the process at once. */
async function runAuthority({ config }: { readonly config: string }): Promise<void> {
  // What serves is heavy to load, and other commands do without.
  const { loadConfiguration } = await import('../server/config.ts')
  const { serve } = await import('../server/serve.ts')
  const logger = createLogger('authority')
  const authority = await serve(await loadConfiguration(config), { logger })
  const signal = await firstSignal()
  logger.info({ signal }, 'authority drains')
  await authority.close()
  logger.info({}, 'authority stopped')
}

function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals) => {
      process.off('SIGTERM', stop).off('SIGINT', stop)
      resolve(signal)
    }
    process.on('SIGTERM', stop).on('SIGINT', stop)
  })
}
