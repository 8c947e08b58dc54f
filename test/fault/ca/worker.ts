/** A process that works on a CA by its commands, until it is killed. */

import './watched-calls.ts'
import { defineCa } from '../../../src/cli/ca.ts'
import { defineRevoke } from '../../../src/cli/revoke.ts'
import { runCommand } from '../../support/cli.ts'
import { callsMade, plan } from './gauge.ts'
import { defineHandOut } from './hand-out.ts'
import { LOOPS } from './loops.ts'
import type { LoopOrder, Order, Report, RunOrder } from './orders.ts'
import { Random } from './random.ts'

async function run({ args, fault }: RunOrder): Promise<Report> {
  const before = callsMade()
  plan(fault)
  const result = await runCommand(
    (program) => {
      defineCa(program.command('ca'))
      defineRevoke(program.command('revoke'))
      defineHandOut(program.command('hand-out'))
    },
    [...args, '--json'],
  )
  plan()
  const report = { args, ...result, calls: callsMade() - before }
  process.send?.(report)
  return report
}

async function loop({ loop: name, place, seed }: LoopOrder): Promise<never> {
  const commands = LOOPS[name](place, new Random(seed))
  let next = commands.next()
  for (;;) next = commands.next(await run({ args: next.value }))
}

// What has started it is gone.
process.on('disconnect', () => process.exit())
process.on('message', (order: Order) => void ('loop' in order ? loop(order) : run(order)))
process.send?.('there')
