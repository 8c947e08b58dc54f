import { once } from 'node:events'
import type { Workload } from 'countersign'

/** Waits for SIGTERM or SIGINT, then lets calls end and leaves the mesh. */
export async function untilStopped(workload: Workload): Promise<void> {
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])
  await workload.close()
}
