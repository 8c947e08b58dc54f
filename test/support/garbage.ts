import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Whether nothing leads to an object any more. */
export async function isGarbage(reference: WeakRef<object>): Promise<boolean> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  await turn() // a reference that was looked at lasts until the turn ends
  collect()
  return reference.deref() === undefined
}
