import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../ca/random.ts'
import type { AuthorityProcess } from './authority-process.ts'

/** When an authority was killed, and when it served again: by `performance.now`. */
export interface Outage {
  readonly killedAt: number
  readonly backAt: number
}

/** Kills an authority at any moment, and starts it again a while later. */
export async function killAtRandom(authority: AuthorityProcess, random: Random, withinMs: number): Promise<Outage> {
  await sleep(random.fraction() * withinMs)
  const killedAt = performance.now()
  await authority.kill()
  await sleep(random.fraction() * withinMs)
  await authority.start()
  return { killedAt, backAt: performance.now() }
}
