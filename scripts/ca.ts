/** The commands on the CA's directory, as `countersign ca` has them: `node --conditions=source scripts/ca.ts init …`. */

import { defineCa } from '../src/cli/ca.ts'
import { createProgram, run } from '../src/cli/program.ts'

const program = createProgram('ca')
defineCa(program)

process.exitCode = await run(program, process.argv.slice(2))
