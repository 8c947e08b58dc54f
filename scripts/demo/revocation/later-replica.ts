import { systemClock } from '../../../src/core/clock.ts'
import { startLaterInventory } from '../later.ts'
import type { RevocationScene } from './scene.ts'

/** A replica of inventory in this process, for which time is what the story says. */
export interface LaterReplica {
  readonly name: string
  readonly address: string
  /** Sets its clock ahead of the others by so many milliseconds. */
  readonly setAhead: (milliseconds: number) => void
  readonly close: () => Promise<void>
}

export async function startLaterReplica({ authority, stage }: RevocationScene): Promise<LaterReplica> {
  let aheadMs = 0
  const clock = () => systemClock() + aheadMs
  const { address, workload } = await startLaterInventory(authority.address, stage.credentials, clock)
  return {
    name: 'inventory 4',
    address,
    setAhead(milliseconds) {
      aheadMs = milliseconds
    },
    close: () => workload.close(),
  }
}
