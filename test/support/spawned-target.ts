import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type ConnectionOptions, createSecureContext } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { Client, credentials, Metadata } from '@grpc/grpc-js'
import { TOKEN_METHODS } from './target.ts'
import type { TargetGreeting, TargetState } from './target-process.ts'

const PROGRAM = fileURLToPath(new URL('./target-process.ts', import.meta.url))

/** In megabytes: what is kept of an attack, however little, ends the process soon. */
const HEAP_MB = 96

/** A target that may be attacked to death: a process of its own. */
export interface SpawnedTarget {
  readonly port: number
  /** What `orders` connects with. */
  readonly tls: ConnectionOptions
  /** What opens every method to `orders`. */
  readonly bearer: string
  state(): Promise<TargetState>
  /** Whether the process has ended, and how; `undefined` while it lives. */
  ended(): string | undefined
  /** Makes one call as a client of good manners does, and resolves with how long that took, in milliseconds. */
  serve(): Promise<number>
  kill(): void
}

export async function spawnTarget(): Promise<SpawnedTarget> {
  const child = fork(PROGRAM, {
    execArgv: ['--conditions=source', `--max-old-space-size=${HEAP_MB}`],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [greeting] = (await once(child, 'message')) as [TargetGreeting]
  const { port, token, ...tls } = greeting
  const bearer = `Bearer ${token}`
  const secureContext = createSecureContext(tls)
  const client = new Client(`localhost:${port}`, credentials.createFromSecureContext(secureContext))
  return {
    port,
    tls,
    bearer,
    state: () => stateOf(child),
    ended: () => (child.exitCode === null && child.signalCode === null ? undefined : endOf(child)),
    serve: () => call(client, bearer),
    kill() {
      client.close()
      child.kill('SIGKILL')
    },
  }
}

function endOf({ exitCode, signalCode }: ChildProcess): string {
  return `ended with ${signalCode ?? exitCode}`
}

async function stateOf(child: ChildProcess): Promise<TargetState> {
  child.send('state')
  const [state] = (await once(child, 'message')) as [TargetState]
  return state
}

const asIs = (bytes: Buffer): Buffer => bytes

function call(client: Client, bearer: string): Promise<number> {
  const metadata = new Metadata()
  metadata.set('authorization', bearer)
  const start = performance.now()
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      TOKEN_METHODS[0] ?? '',
      asIs,
      asIs,
      Buffer.alloc(0),
      metadata,
      { deadline: Date.now() + 60_000 },
      (error) => (error === null ? resolve(performance.now() - start) : reject(error)),
    )
  })
}
