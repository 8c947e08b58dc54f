import { readSync, writeSync } from 'node:fs'
import { type Fault, PAUSE_FD } from './orders.ts'

/** What a call is about to do. */
export interface Call {
  /** Does half of it. */
  readonly half?: () => void
  /** What has to be written for it; undefined where nothing has to. */
  readonly writes?: 'file' | 'removal' | 'store' | undefined
}

const NEVER: Fault = { kind: 'die', call: Number.POSITIVE_INFINITY }

/** What this process does to its files and its store is counted: a fault lands in each gap, and not where luck has it. */
let calls = 0
let pending = NEVER

export function callsMade(): number {
  return calls
}

/** Has something happen at a call from now on; nothing where it is left out. */
export function plan({ kind, call }: Fault = NEVER): void {
  pending = { kind, call: calls + call }
}

export function beforeCall({ half = () => {}, writes }: Call): void {
  calls += 1
  const { kind, call } = pending
  if (calls < call) return
  if (kind === 'full' || kind === 'readonly') {
    const failure = writes && FAILURES[kind][writes]
    if (failure !== undefined) throw Object.assign(new Error(failure.message), failure)
    return
  }
  plan()
  if (kind === 'pause') {
    writeSync(PAUSE_FD, '.')
    readSync(PAUSE_FD, Buffer.alloc(1))
  } else {
    half()
    process.kill(process.pid, 'SIGKILL')
  }
}

interface Failure {
  readonly message: string
  readonly code: string
  readonly errcode?: number
}

/** As the system says it, and SQLite with SQLITE_FULL and SQLITE_READONLY. */
const FAILURES: Readonly<Record<'full' | 'readonly', Readonly<Partial<Record<NonNullable<Call['writes']>, Failure>>>>> =
  {
    full: {
      file: { code: 'ENOSPC', message: 'ENOSPC: no space left on device' },
      store: { code: 'ERR_SQLITE_ERROR', errcode: 13, message: 'database or disk is full' },
    },
    readonly: {
      file: { code: 'EROFS', message: 'EROFS: read-only file system' },
      removal: { code: 'EROFS', message: 'EROFS: read-only file system' },
      store: { code: 'ERR_SQLITE_ERROR', errcode: 8, message: 'attempt to write a readonly database' },
    },
  }
