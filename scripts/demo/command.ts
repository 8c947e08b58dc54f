import { execFile } from 'node:child_process'

/** How a command of `countersign` ended. */
export type CommandEnd =
  /** The result is what it says to programs. */
  | { readonly outcome: 'done'; readonly result: unknown }
  | { readonly outcome: 'refused'; readonly code: string; readonly message: string }

export interface CommandPlace {
  /** Where it runs. */
  readonly directory: string
  /** Where Node keeps what it has compiled, for the commands that follow. */
  readonly compileCache: string
}

const REFUSED = 1

/** Runs a command as programs do, with `--json`, in a process of its own. Rejects where it was neither done nor refused. */
export async function runCommand(args: readonly string[], place: CommandPlace): Promise<CommandEnd> {
  const { exitCode, out, err } = await execute(['--conditions=source', ...args, '--json'], place)
  if (exitCode === 0) return { outcome: 'done', result: JSON.parse(out) }
  // Node may have warned of something before.
  const refusal = err.trim().split('\n').at(-1) ?? ''
  if (!refusal.startsWith('{')) throw new Error(`${args.join(' ')} broke: ${err.trim()}`)
  const { error } = JSON.parse(refusal)
  return { outcome: 'refused', code: error.code, message: error.message }
}

interface Exit {
  readonly exitCode: 0 | typeof REFUSED
  readonly out: string
  readonly err: string
}

function execute(args: readonly string[], { directory, compileCache }: CommandPlace): Promise<Exit> {
  const options = { cwd: directory, env: { ...process.env, NODE_COMPILE_CACHE: compileCache } }
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, options, (error, out, err) => {
      if (error === null) resolve({ exitCode: 0, out, err })
      else if (error.code === REFUSED) resolve({ exitCode: REFUSED, out, err })
      else reject(error)
    })
  })
}
