/** Imported for what it does: every call of this process that changes files, or the store, goes by the gauge. */

import fs from 'node:fs'
import promises, { type FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { StatementSync } from 'node:sqlite'
import { beforeCall, type Call } from './gauge.ts'

type Method = (...args: never[]) => unknown

/** @param callOf undefined for what changes nothing: it is no other place to die in than the call before */
function watch<Name extends string>(
  target: Record<Name, Method>,
  name: Name,
  callOf: (this: unknown, ...args: never[]) => Call | undefined,
): void {
  const original = target[name]
  target[name] = function (this: unknown, ...args: never[]) {
    const call = callOf.apply(this, args)
    if (call !== undefined) beforeCall(call)
    return original.apply(this, args)
  }
}

/** The same for what returns a promise, and fails by that alone. */
function watchPromise<Name extends string>(...[target, name, callOf]: Parameters<typeof watch<Name>>): void {
  watch(target, name, callOf)
  const watched = target[name]
  target[name] = async function (this: unknown, ...args: never[]) {
    return watched.apply(this, args)
  }
}

const writing: Call = { writes: 'file' }

for (const name of ['mkdir', 'rename', 'writeFile'] as const) watchPromise(promises, name, () => writing)
watchPromise(promises, 'rm', (file: string) => (fs.existsSync(file) ? { writes: 'removal' } : {}))
watchPromise(promises, 'open', (_file: string, flags = 'r') => (flags === 'r' ? {} : writing))
watch(fs, 'openSync', (_file: string, flags = 'r') => (flags === 'r' ? undefined : writing))
watchPromise(promises, 'copyFile', (source: string, destination: string) => ({
  ...writing,
  half() {
    const whole = fs.readFileSync(source)
    fs.writeFileSync(destination, whole.subarray(0, whole.length / 2))
  },
}))
syncBuiltinESMExports()

const handle = await promises.open('/dev/null')
const handles: FileHandle = Object.getPrototypeOf(handle)
await handle.close()
watchPromise(handles, 'sync', () => writing)
watchPromise(handles, 'writeFile', function (this: unknown, text: string) {
  const { fd } = this as FileHandle
  return { ...writing, half: () => void fs.writeSync(fd, text.slice(0, text.length / 2)) }
})

for (const name of ['run', 'all'] as const) {
  watch(StatementSync.prototype, name, function (this: unknown) {
    const { sourceSQL } = this as StatementSync
    if (/^\s*select\b/i.test(sourceSQL)) return undefined
    return /^\s*(?:begin|rollback|pragma)\b/i.test(sourceSQL) ? {} : { writes: 'store' }
  })
}
