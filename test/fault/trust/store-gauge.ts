/** Imported for what it does: what this process writes to its store goes by here, and nothing that it reads. */

import { StatementSync } from 'node:sqlite'

/**
 * What befalls a process at a statement of a transaction that writes:
 * - die: it is killed before; also right after a commit, which is one more place to die in
 * - full, readonly: from then on nothing can be written
 */
export type StoreMishap = 'die' | 'full' | 'readonly'

let pending: { readonly mishap: StoreMishap; readonly call: number } | undefined
let calls = 0
let isWriting = false

/** Has something happen at a call from now on; nothing where it is left out. @param call from 1 on */
export function planMishap(mishap?: StoreMishap, call = 1): void {
  calls = 0
  pending = mishap && { mishap, call }
}

function beforeCall(isChange: boolean): void {
  calls += 1
  if (pending === undefined || calls < pending.call) return
  if (pending.mishap === 'die') process.kill(process.pid, 'SIGKILL')
  else if (isChange) throw Object.assign(new Error('injected'), FAILURES[pending.mishap])
}

/** As SQLite says it: SQLITE_FULL and SQLITE_READONLY. */
const FAILURES = {
  full: { code: 'ERR_SQLITE_ERROR', errcode: 13 },
  readonly: { code: 'ERR_SQLITE_ERROR', errcode: 8 },
} as const

for (const name of ['run', 'all'] as const) {
  const original = StatementSync.prototype[name] as (this: StatementSync, ...values: never[]) => never
  StatementSync.prototype[name] = function (this: StatementSync, ...values: never[]): never {
    const statement = this.sourceSQL.trim().toLowerCase()
    if (statement.startsWith('begin')) isWriting = statement === 'begin immediate'
    const isSelect = statement.startsWith('select')
    const isEnd = statement === 'commit' || statement === 'rollback'
    if (isWriting && !isSelect && statement !== 'rollback') beforeCall(!statement.startsWith('begin') && !isEnd)
    const result = original.apply(this, values)
    if (isWriting && statement === 'commit') beforeCall(false)
    if (isEnd) isWriting = false
    return result
  }
}
